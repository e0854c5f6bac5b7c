import { applied, decimalRows, decimals, type Parameter, type Pset } from '../grader/pset.ts';
import { derivations } from './derivations.ts';
import * as solution from './solution.ts';

type Rows = number[][];

const x: Parameter = { name: 'x', type: 'number[]', doc: 'the inputs' };
const V: Parameter = {
  name: 'V',
  type: 'number[][]',
  doc: 'weights to the hidden units, one row per unit',
};
const w: Parameter = {
  name: 'w',
  type: 'number[]',
  doc: 'weights from the hidden units to the output',
};
const t: Parameter = { name: 't', type: 'number', doc: 'the target' };
const eta: Parameter = { name: 'eta', type: 'number', doc: 'η, a number below 0' };

const { hiddenInput, output, toFirstWeights, toHiddenInput, toSecondWeights } = solution;
const errorOf = (xs: number[], v: Rows, ws: number[], target: number) => output(xs, v, ws) - target;
const outer = (g: number[], xs: number[]) => g.map((one) => xs.map((value) => one * value));
/** Makes a wrong `toHiddenInput` that uses `slope` instead of the slope of tanh. */
const sloped =
  (slope: (a: number) => number) =>
  (xs: number[], v: Rows, ws: number[], target: number): number[] =>
    hiddenInput(xs, v).map((a, j) => errorOf(xs, v, ws, target) * ws[j] * slope(a));
const NO_SLOPE =
  'the slope of tanh is missing: this is the gradient at the output of the hidden units';
const NO_TARGET = 'the target is missing: the gradient at the output is o − t';
const unsloped = sloped(() => 1);

/** The problem set about one iteration of backpropagation by hand. */
export const backpropExample: Pset = {
  name: 'backprop-example',
  title: 'One iteration by hand',
  tasks: [
    {
      name: 'hiddenInput',
      parameters: [x, V],
      points: 1,
      returns: { type: 'number[]', doc: 'a, one number per hidden unit' },
      doc: 'The inputs of the hidden units: a[j] = Σ_i V[j][i] x[i].',
    },
    {
      name: 'output',
      parameters: [x, V, w],
      points: 1,
      returns: { type: 'number', doc: 'o' },
      doc: 'The output of the network: o = Σ_j w[j] tanh(a[j]).',
    },
    {
      name: 'cost',
      parameters: [x, V, w, t],
      points: 1,
      returns: { type: 'number', doc: 'E' },
      doc: 'E = ½ (o − t)².',
    },
    {
      name: 'toHiddenInput',
      parameters: [x, V, w, t],
      points: 2,
      returns: { type: 'number[]', doc: '∂E/∂a, one number per hidden unit' },
      doc: 'The gradient of E with respect to the inputs of the hidden units.',
    },
    {
      name: 'toSecondWeights',
      parameters: [x, V, w, t],
      points: 2,
      returns: { type: 'number[]', doc: '∂E/∂w, shaped like w' },
      doc: 'The gradient of E with respect to w.',
      gradientOf: { task: 'cost', argument: 'w', cost: true },
    },
    {
      name: 'toFirstWeights',
      parameters: [x, V, w, t],
      points: 2,
      returns: { type: 'number[][]', doc: '∂E/∂V, shaped like V' },
      doc: 'The gradient of E with respect to V.',
      gradientOf: { task: 'cost', argument: 'V', cost: true },
    },
    {
      name: 'step',
      parameters: [x, V, w, t, eta],
      points: 2,
      returns: { type: 'number[][]', doc: 'the new V, and the new w as the last row' },
      doc: 'The weights after one step: each weight moves by η times its gradient at the old weights.',
    },
  ],
  solution,
  derivations,
  quantities: {
    'o − t': ({ x: xs, V: v, w: ws, t: target }) => Number(applied(errorOf, [xs, v, ws, target])),
  },
  extremes: [
    {
      extreme: 'one input and one hidden unit',
      args: { x: [2], V: [[0.3]], w: [1.5], t: 1, eta: -0.1 },
      smooth: true,
    },
    {
      extreme: 'inputs and a target of 0',
      args: {
        x: [0, 0],
        V: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        w: [1, 2, 3],
        t: 0,
        eta: -0.1,
      },
      smooth: true,
    },
    {
      extreme: 'hidden units far from 0, where tanh is flat',
      args: {
        x: [30, -10],
        V: [
          [40, 1],
          [-40, 2],
          [30, 3],
        ],
        w: [1, 2, -3],
        t: 0.5,
        eta: -0.1,
      },
      smooth: true,
    },
  ],
  mistakes: [
    {
      task: 'output',
      message: 'tanh is missing: the hidden units are not linear',
      solve: (xs: number[], v: Rows, ws: number[]) =>
        ws.reduce((sum, one, j) => sum + one * hiddenInput(xs, v)[j], 0),
    },
    {
      task: 'output',
      message: 'tanh is applied to the output too: the last unit is linear',
      solve: (xs: number[], v: Rows, ws: number[]) => Math.tanh(output(xs, v, ws)),
    },
    {
      task: 'cost',
      message: 'the ½ is missing',
      solve: (xs: number[], v: Rows, ws: number[], target: number) =>
        errorOf(xs, v, ws, target) ** 2,
    },
    { task: 'toHiddenInput', message: NO_SLOPE, solve: unsloped },
    {
      task: 'toHiddenInput',
      message: 'the square is missing: the slope of tanh is 1 − tanh²',
      solve: sloped((a) => 1 - Math.tanh(a)),
    },
    {
      task: 'toHiddenInput',
      message: 'the slope uses the input itself: 1 − a² instead of 1 − tanh² a',
      solve: sloped((a) => 1 - a * a),
    },
    {
      task: 'toHiddenInput',
      message: NO_TARGET,
      solve: (xs: number[], v: Rows, ws: number[]) => toHiddenInput(xs, v, ws, 0),
    },
    {
      task: 'toHiddenInput',
      message: 'the weights are missing: the error reaches unit j through w[j]',
      solve: (xs: number[], v: Rows, ws: number[], target: number) =>
        hiddenInput(xs, v).map((a) => errorOf(xs, v, ws, target) * (1 - Math.tanh(a) ** 2)),
    },
    {
      task: 'toSecondWeights',
      message: 'this uses the inputs of the hidden units instead of their outputs',
      solve: (xs: number[], v: Rows, ws: number[], target: number) =>
        hiddenInput(xs, v).map((a) => errorOf(xs, v, ws, target) * a),
    },
    {
      task: 'toSecondWeights',
      message: NO_TARGET,
      solve: (xs: number[], v: Rows, ws: number[]) => toSecondWeights(xs, v, ws, 0),
    },
    {
      task: 'toFirstWeights',
      message: NO_SLOPE,
      solve: (xs: number[], v: Rows, ws: number[], target: number) =>
        outer(unsloped(xs, v, ws, target), xs),
    },
    {
      task: 'toFirstWeights',
      message: NO_TARGET,
      solve: (xs: number[], v: Rows, ws: number[]) => toFirstWeights(xs, v, ws, 0),
    },
    {
      task: 'step',
      message: 'the sign of the step is wrong: add η, which is already below 0',
      solve: (xs: number[], v: Rows, ws: number[], target: number, rate: number) =>
        solution.step(xs, v, ws, target, -rate),
    },
    {
      task: 'step',
      message: 'w moved before the gradient of V: both gradients belong to the old weights',
      solve: (xs: number[], v: Rows, ws: number[], target: number, rate: number) => {
        const moved = ws.map((one, j) => one + rate * toSecondWeights(xs, v, ws, target)[j]);
        return [...solution.step(xs, v, moved, target, rate).slice(0, -1), moved];
      },
    },
    {
      task: 'step',
      message: 'only w has moved: V learns too',
      solve: (xs: number[], v: Rows, ws: number[], target: number, rate: number) => [
        ...v,
        ...solution.step(xs, v, ws, target, rate).slice(-1),
      ],
    },
  ],
  draw(rng, k) {
    // The first case has the numbers of the figure on the slide.
    const figure = { x: [1, 0.1], V: [[1, -3], [0.2, 1]], w: [1, -1], t: 0.5, eta: -0.2 }; // prettier-ignore
    if (k === 0) return { args: figure, smooth: true };
    const [I, J] = [2 + rng.integer(1 + (k >> 3)), 3 + rng.integer(1 + (k >> 3))];
    const drawn = {
      x: decimals(rng, I),
      V: decimalRows(rng, J, I),
      w: decimals(rng, J),
      t: decimals(rng, 1)[0],
    };
    return { args: { ...drawn, eta: [-0.2, -0.05, -1][k % 3] }, smooth: true };
  },
};
