import { transposed } from '../grader/values.ts';
import { decimalRows, decimals, type Parameter, type Pset } from '../grader/pset.ts';
import { derivations } from './derivations.ts';
import * as solution from './solution.ts';

type Rows = number[][];

const x: Parameter = {
  name: 'x',
  type: 'number[][]',
  doc: 'x_in, N examples of J numbers, one per row',
};
const W: Parameter = { name: 'W', type: 'number[][]', doc: 'the weights, I rows of J numbers' };
const b: Parameter = { name: 'b', type: 'number[]', doc: 'the biases, I numbers' };
const gradOutput: Parameter = {
  name: 'gradOutput',
  type: 'number[][]',
  doc: '∂C/∂x_out, N rows of I numbers',
};

const NOT_SUMMED =
  'batch not summed: this counts one example, but all examples share the parameters';
const NO_BIAS = 'the bias is missing';

/** The problem set about the linear module. */
export const linear: Pset = {
  name: 'linear',
  title: 'The linear module',
  tasks: [
    {
      name: 'forward',
      parameters: [x, W, b],
      points: 2,
      returns: { type: 'number[][]', doc: 'x_out, N rows of I numbers' },
      doc: 'x_out[n][i] = b[i] + Σ_j W[i][j] x[n][j].',
    },
    {
      name: 'backpropToInput',
      parameters: [gradOutput, x, W],
      points: 3,
      returns: { type: 'number[][]', doc: '∂C/∂x_in, N rows of J numbers' },
      doc: 'The gradient of the cost with respect to the input.',
      gradientOf: { task: 'forward', argument: 'x' },
    },
    {
      name: 'backpropToWeight',
      parameters: [gradOutput, x, W],
      points: 3,
      returns: { type: 'number[][]', doc: '∂C/∂W, I rows of J numbers' },
      doc: 'The gradient of the cost with respect to the weights.',
      gradientOf: { task: 'forward', argument: 'W' },
    },
    {
      name: 'backpropToBias',
      parameters: [gradOutput, b],
      points: 2,
      returns: { type: 'number[]', doc: '∂C/∂b, I numbers' },
      doc: 'The gradient of the cost with respect to the biases.',
      gradientOf: { task: 'forward', argument: 'b' },
    },
  ],
  solution,
  derivations,
  extremes: [
    {
      extreme: 'one example, one input and one output',
      args: { x: [[2]], W: [[3]], b: [0.5], gradOutput: [[4]] },
      smooth: false,
    },
    {
      extreme: 'numbers that are all 0',
      args: { x: [[0, 0]], W: [[0, 0]], b: [0], gradOutput: [[0]] },
      smooth: false,
    },
    {
      extreme: 'numbers of about 1e150',
      args: {
        x: [
          [1e150, -3e150],
          [2e150, 5e150],
        ],
        W: [
          [2e150, 1e150],
          [4e150, -1e150],
          [3e150, 3e150],
        ],
        b: [0.5, 1, 2],
        gradOutput: [
          [1e150, 2e150, 4e150],
          [3e150, 1e150, 1e150],
        ],
      },
      smooth: false,
    },
    {
      extreme: 'numbers of about 1e-150',
      args: {
        x: [
          [1e-150, -3e-150],
          [2e-150, 5e-150],
        ],
        W: [
          [2e-150, 1e-150],
          [4e-150, -1e-150],
          [3e-150, 3e-150],
        ],
        b: [0, 0, 0],
        gradOutput: [
          [1e-150, 2e-150, 4e-150],
          [3e-150, 1e-150, 1e-150],
        ],
      },
      smooth: false,
    },
  ],
  mistakes: [
    { task: 'forward', message: NO_BIAS, solve: (xs: Rows, w: Rows, bs: number[]) => solution.forward(xs, w, bs.map(() => 0)) }, // prettier-ignore
    {
      task: 'forward',
      message: 'the sign of the bias is wrong',
      solve: (xs: Rows, w: Rows, bs: number[]) => solution.forward(xs, w, bs.map((v) => -v)), // prettier-ignore
    },
    {
      task: 'backpropToWeight',
      message: NOT_SUMMED,
      solve: (g: Rows, xs: Rows, w: Rows) =>
        solution.backpropToWeight(g.slice(0, 1), xs.slice(0, 1), w),
    },
    {
      task: 'backpropToWeight',
      message: NOT_SUMMED,
      solve: (g: Rows, xs: Rows, w: Rows) =>
        solution.backpropToWeight(g.slice(-1), xs.slice(-1), w),
    },
    {
      task: 'backpropToBias',
      message: NOT_SUMMED,
      solve: (g: Rows, bs: number[]) => solution.backpropToBias(g.slice(0, 1), bs),
    },
    {
      task: 'backpropToBias',
      message: NOT_SUMMED,
      solve: (g: Rows, bs: number[]) => solution.backpropToBias(g.slice(-1), bs),
    },
    { task: 'backpropToBias', message: NOT_SUMMED, solve: (g: Rows) => g },
    {
      task: 'backpropToBias',
      message: 'summed over the wrong axis: the gradient of a bias sums over the examples',
      solve: (g: Rows) => transposed(g).reduce((sums, column) => sums.map((v, n) => v + column[n]), g.map(() => 0)), // prettier-ignore
    },
  ],
  draw(rng, k) {
    const [N, I, J] = [
      k % 6 === 5 ? 1 : 2 + rng.integer(1 + (k >> 3)),
      3 + rng.integer(1 + (k >> 3)),
      1 + rng.integer(2 + (k >> 3)),
    ];
    const rows = { x: decimalRows(rng, N, J), W: decimalRows(rng, I, J), b: decimals(rng, I) };
    return { args: { ...rows, gradOutput: decimalRows(rng, N, I) }, smooth: true };
  },
};
