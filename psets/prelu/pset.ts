import { decimalRows, decimals, type Parameter, type Pset } from '../grader/pset.ts';
import { derivations } from './derivations.ts';
import * as solution from './solution.ts';

type Rows = number[][];

const x: Parameter = {
  name: 'x',
  type: 'number[][]',
  doc: 'x_in, one row per example, one column per channel',
};
const a: Parameter = { name: 'a', type: 'number[]', doc: 'the slope below 0 of each channel' };
const gradOutput: Parameter = {
  name: 'gradOutput',
  type: 'number[][]',
  doc: '∂C/∂x_out, shaped like x',
};

const each = (xs: Rows, make: (v: number, c: number, n: number) => number) =>
  xs.map((row, n) => row.map((v, c) => make(v, c, n)));
const toParams = (xs: Rows, as: number[], make: (v: number, c: number, n: number) => number) =>
  as.map((_, c) => xs.reduce((sum, row, n) => sum + make(row[c], c, n), 0));
const NOT_SUMMED = 'batch not summed: the slope is shared by all examples';

/** The problem set about the parametric rectifier. */
export const prelu: Pset = {
  name: 'prelu',
  title: 'The parametric rectifier',
  tasks: [
    {
      name: 'forward',
      parameters: [x, a],
      points: 2,
      returns: { type: 'number[][]', doc: 'x_out, shaped like x' },
      doc: 'x where x is above 0, else a[c] x.',
    },
    {
      name: 'backpropToInput',
      parameters: [gradOutput, x, a],
      points: 4,
      returns: { type: 'number[][]', doc: '∂C/∂x_in, shaped like x' },
      doc: 'The gradient with respect to the input. At 0 the slope is a[c].',
      gradientOf: { task: 'forward', argument: 'x' },
    },
    {
      name: 'backpropToParams',
      parameters: [gradOutput, x, a],
      points: 4,
      returns: { type: 'number[]', doc: '∂C/∂a, one number per channel' },
      doc: 'The gradient with respect to the slopes.',
      gradientOf: { task: 'forward', argument: 'a' },
    },
  ],
  solution,
  derivations,
  extremes: [
    { extreme: 'one example of one channel', args: { x: [[-2]], a: [0.5], gradOutput: [[3]] } },
    {
      extreme: 'inputs that are all 0',
      args: {
        x: [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
        a: [2, -3],
        gradOutput: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      },
    },
    {
      extreme: 'slopes of 0',
      args: {
        x: [
          [-1, 2],
          [3, -4],
          [-5, -6],
        ],
        a: [0, 0],
        gradOutput: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      },
    },
    {
      extreme: 'slopes of 1',
      args: {
        x: [
          [-1, 2],
          [3, -4],
          [-5, -6],
        ],
        a: [1, 1],
        gradOutput: [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      },
    },
    {
      extreme: 'numbers of about 1e150',
      args: {
        x: [
          [-1e150, 2e150],
          [3e150, -4e150],
          [-5e150, -6e150],
        ],
        a: [2e150, -3e150],
        gradOutput: [
          [1e150, 2e150],
          [3e150, 4e150],
          [5e150, 6e150],
        ],
      },
    },
    {
      extreme: 'numbers of about 1e-150',
      args: {
        x: [
          [-1e-150, 2e-150],
          [3e-150, -4e-150],
          [-5e-150, -6e-150],
        ],
        a: [2e-150, -3e-150],
        gradOutput: [
          [1e-150, 2e-150],
          [3e-150, 4e-150],
          [5e-150, 6e-150],
        ],
      },
    },
  ].map((one) => ({ ...one, smooth: false })),
  mistakes: [
    { task: 'forward', message: 'the slope is ignored: this is the plain rectifier', solve: (xs: Rows) => each(xs, (v) => Math.max(0, v)) }, // prettier-ignore
    { task: 'forward', message: 'the slopes of other channels: a[c] belongs to channel c', solve: (xs: Rows, as: number[]) => each(xs, (v) => (v > 0 ? v : as[0] * v)) }, // prettier-ignore
    {
      task: 'backpropToInput',
      message: 'the slope is ignored: below 0 the gradient is multiplied by a[c]',
      solve: (g: Rows, xs: Rows) => each(xs, (v, c, n) => (v > 0 ? g[n][c] : 0)),
    },
    {
      task: 'backpropToInput',
      message: 'the condition uses the gradient: the input decides which slope applies',
      solve: (g: Rows, xs: Rows, as: number[]) =>
        each(xs, (_, c, n) => (g[n][c] > 0 ? 1 : as[c]) * g[n][c]),
    },
    {
      task: 'backpropToInput',
      message: 'the derivative at 0 is that of the right side: here it is a[c]',
      solve: (g: Rows, xs: Rows, as: number[]) =>
        each(xs, (v, c, n) => (v >= 0 ? 1 : as[c]) * g[n][c]),
    },
    {
      task: 'backpropToParams',
      message: 'inputs above 0 are counted too: the slope does not affect them',
      solve: (g: Rows, xs: Rows, as: number[]) => toParams(xs, as, (v, c, n) => g[n][c] * v),
    },
    {
      task: 'backpropToParams',
      message: NOT_SUMMED,
      solve: (g: Rows, xs: Rows, as: number[]) =>
        toParams(xs.slice(-1), as, (v, c) => g[g.length - 1][c] * Math.min(0, v)),
    },
    {
      task: 'backpropToParams',
      message: NOT_SUMMED,
      solve: (g: Rows, xs: Rows) => each(xs, (v, c, n) => g[n][c] * Math.min(0, v)),
    },
  ],
  draw(rng, k) {
    const [N, C] = [k % 6 === 4 ? 1 : 2 + rng.integer(1 + (k >> 2)), 3 + rng.integer(1 + (k >> 3))];
    const zeros = k % 4 === 3;
    const rows = decimalRows(rng, N, C).map((row, n) =>
      row.map((v, c) => (zeros && (n + c) % 3 === 0 ? 0 : v)),
    );
    return {
      args: { x: rows, a: decimals(rng, C), gradOutput: decimalRows(rng, N, C) },
      smooth: !zeros,
    };
  },
};
