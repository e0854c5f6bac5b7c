import { flatten } from '../grader/values.ts';
import { decimals, type Parameter, type Pset } from '../grader/pset.ts';
import { derivations } from './derivations.ts';
import * as solution from './solution.ts';
import type { Kind } from './solution.ts';

const x: Parameter = {
  name: 'x',
  type: 'number[]',
  doc: 'x_in; some numbers are 0, some about ±900',
};
const kind: Parameter = {
  name: 'kind',
  type: 'string',
  doc: "h: 'relu', 'abs', 'tanh' or 'sigmoid'",
};
const gradOutput: Parameter = {
  name: 'gradOutput',
  type: 'number[]',
  doc: '∂C/∂x_out, as many numbers',
};

const { forward, backpropToInput } = solution;

/**
 * Makes a `backpropToInput` that is wrong for one kind of function. For that kind, `make` computes
 * the result from the gradient g, the input v and the output y.
 */
const differing =
  (which: Kind, make: (g: number, v: number, y: number) => number) =>
  (g: number[], xs: number[], of: Kind): number[] => {
    const y = forward(xs, of);
    return of === which ? g.map((one, i) => make(one, xs[i], y[i])) : backpropToInput(g, xs, of);
  };
const slopes = (xs: number[], of: Kind) => backpropToInput(xs.map(() => 1), xs, of); // prettier-ignore

/** The problem set about pointwise modules. */
export const pointwise: Pset = {
  name: 'pointwise',
  title: 'Pointwise modules',
  tasks: [
    {
      name: 'forward',
      parameters: [x, kind],
      points: 4,
      returns: { type: 'number[]', doc: 'x_out, as many numbers' },
      doc: 'h of each number: max(0, x), |x|, tanh x or 1/(1 + exp(−x)).',
    },
    {
      name: 'backpropToInput',
      parameters: [gradOutput, x, kind],
      points: 6,
      returns: { type: 'number[]', doc: '∂C/∂x_in, as many numbers' },
      doc: 'The gradient with respect to the input. At the kinks of relu and abs it is 0.',
      gradientOf: { task: 'forward', argument: 'x' },
    },
  ],
  solution,
  derivations,
  properties: [
    {
      phrase: 'where x is far from 0',
      holds: ({ x: xs }) => flatten(xs).map((v) => Math.abs(v) > 100),
    },
  ],
  extremes: (['relu', 'abs', 'tanh', 'sigmoid'] as const).flatMap((of) =>
    [
      { extreme: `one number of 1e150, for kind "${of}"`, x: [1e150], gradOutput: [2] },
      { extreme: `one number of −1e150, for kind "${of}"`, x: [-1e150], gradOutput: [2] },
      { extreme: `numbers of about 1e-150, for kind "${of}"`, x: [1e-150, -1e-150, 1], gradOutput: [1, 2, 3] }, // prettier-ignore
      {
        extreme: `numbers of about 20, for kind "${of}"`,
        x: [20, -20, 0.5],
        gradOutput: [1, 2, 3],
      },
    ].map(({ extreme, ...args }) => ({ extreme, args: { ...args, kind: of }, smooth: false })),
  ),
  mistakes: [
    {
      task: 'backpropToInput',
      message: 'the slope is missing: gradOutput goes through unchanged',
      solve: (g: number[]) => g,
    },
    {
      task: 'backpropToInput',
      message: 'gradOutput is missing: these are only the slopes',
      solve: (_: number[], xs: number[], of: Kind) => slopes(xs, of),
    },
    {
      task: 'backpropToInput',
      message: 'the slope is taken at the output: take it at the input',
      solve: (g: number[], xs: number[], of: Kind) => backpropToInput(g, forward(xs, of), of),
    },
    {
      task: 'backpropToInput',
      message:
        'the condition uses the gradient: the rectifier passes it where the input is above 0',
      solve: differing('relu', (g) => Math.max(0, g)),
    },
    {
      task: 'backpropToInput',
      message: 'the derivative at 0 is that of the right side: here it is 0',
      solve: differing('relu', (g, v) => (v >= 0 ? g : 0)),
    },
    {
      task: 'backpropToInput',
      message: 'the derivative at 0 is that of the right side: here it is 0',
      solve: differing('abs', (g, v) => (v >= 0 ? g : -g)),
    },
    {
      task: 'backpropToInput',
      message: 'the square is missing: the slope of tanh is 1 − tanh²',
      solve: differing('tanh', (g, _, y) => g * (1 - y)),
    },
    {
      task: 'backpropToInput',
      message: 'a factor of the slope of the sigmoid is missing: it is y (1 − y)',
      solve: differing('sigmoid', (g, _, y) => g * (1 - y)),
    },
    {
      task: 'backpropToInput',
      message: 'a factor of the slope of the sigmoid is missing: it is y (1 − y)',
      solve: differing('sigmoid', (g, _, y) => g * y),
    },
  ],
  draw(rng, k) {
    const n = 3 + rng.integer(2 + (k >> 3));
    const kinds: readonly Kind[] = ['relu', 'abs', 'tanh', 'sigmoid'];
    const [zeros, large] = [k % 12 >= 4 && k % 12 < 8, k % 12 >= 8];
    const xs = decimals(rng, n).map((v, i) => {
      if (zeros && i === 0) return 0;
      return large && i === 0 ? (k % 24 < 12 ? -900 : 900) : v;
    });
    return { args: { x: xs, kind: kinds[k % 4], gradOutput: decimals(rng, n) }, smooth: !zeros };
  },
};
