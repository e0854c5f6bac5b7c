import { decimalRows, type Parameter, type Pset } from '../grader/pset.ts';
import { derivations } from './derivations.ts';
import * as solution from './solution.ts';

type Rows = number[][];

const x: Parameter = {
  name: 'x',
  type: 'number[][]',
  doc: 'the output of the network, one row per example',
};
const y: Parameter = { name: 'y', type: 'number[][]', doc: 'the desired output, shaped like x' };

const each = (xs: Rows, ys: Rows, make: (difference: number, n: number) => number) =>
  xs.map((row, n) => row.map((v, i) => make(v - ys[n][i], n)));
const squares = (xs: Rows, ys: Rows) =>
  each(xs, ys, (v) => v * v).map((row) => row.reduce((a, b) => a + b, 0));
const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const NOT_HALVED = 'the ½ of the cost is forgotten: it cancels the 2 of the square';
const NOT_MEAN = 'not divided by N: the cost is a mean over the examples';
const OVER_ALL = 'divided by the count of all numbers: the mean is over the examples';

/** The problem set about the Euclidean cost. */
export const euclidean: Pset = {
  name: 'euclidean',
  title: 'The Euclidean cost',
  tasks: [
    {
      name: 'forward',
      parameters: [x, y],
      points: 2,
      returns: { type: 'number', doc: 'C' },
      doc: 'Half the squared distance of x and y, averaged over the examples.',
    },
    {
      name: 'backpropToInput',
      parameters: [x, y],
      points: 3,
      returns: { type: 'number[][]', doc: '∂C/∂x, shaped like x' },
      doc: 'The gradient of that cost with respect to x.',
      gradientOf: { task: 'forward', argument: 'x', cost: true },
    },
    {
      name: 'backpropToTarget',
      parameters: [x, y],
      points: 2,
      returns: { type: 'number[][]', doc: '∂C/∂y, shaped like y' },
      doc: 'The gradient of that cost with respect to y, which may come from a network too.',
      gradientOf: { task: 'forward', argument: 'y', cost: true },
    },
    {
      name: 'distanceToInput',
      parameters: [x, y],
      points: 3,
      returns: { type: 'number[][]', doc: '∂C/∂x, shaped like x' },
      doc: 'The gradient of the mean distance itself, without square and ½; 0 for an example with x = y.',
    },
  ],
  solution,
  derivations,
  extremes: [
    { extreme: 'one example of one number', args: { x: [[3]], y: [[1]] }, smooth: false },
    {
      extreme: 'examples that are all right (x = y)',
      args: {
        x: [
          [1, 2],
          [3, 4],
        ],
        y: [
          [1, 2],
          [3, 4],
        ],
      },
      smooth: false,
    },
    {
      extreme: 'differences of about 1e100',
      args: {
        x: [
          [1e100, 2e100],
          [3e100, -1e100],
          [0, 1e100],
        ],
        y: [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
      },
      smooth: false,
    },
    {
      extreme: 'differences of about 1e-100',
      args: {
        x: [
          [1e-100, 2e-100],
          [3e-100, -1e-100],
          [0, 1e-100],
        ],
        y: [
          [0, 0],
          [0, 0],
          [0, 0],
        ],
      },
      smooth: false,
    },
    {
      extreme: 'differences of about 1e-5',
      args: {
        x: [
          [1e-5, 2e-5],
          [3e-5, -1e-5],
        ],
        y: [
          [0, 0],
          [0, 0],
        ],
      },
      smooth: false,
    },
  ],
  mistakes: [
    {
      task: 'forward',
      message: 'the ½ is missing',
      solve: (xs: Rows, ys: Rows) => total(squares(xs, ys)) / xs.length,
    },
    {
      task: 'forward',
      message: NOT_MEAN,
      solve: (xs: Rows, ys: Rows) => total(squares(xs, ys)) / 2,
    },
    {
      task: 'forward',
      message: OVER_ALL,
      solve: (xs: Rows, ys: Rows) => total(squares(xs, ys)) / (2 * xs.flat().length),
    },
    {
      task: 'forward',
      message: 'a root is taken: the cost uses the squared distance',
      solve: (xs: Rows, ys: Rows) => total(squares(xs, ys).map(Math.sqrt)) / (2 * xs.length),
    },
    {
      task: 'backpropToInput',
      message: NOT_HALVED,
      solve: (xs: Rows, ys: Rows) => each(xs, ys, (v) => (2 * v) / xs.length),
    },
    {
      task: 'backpropToInput',
      message: NOT_MEAN,
      solve: (xs: Rows, ys: Rows) => each(xs, ys, (v) => v),
    },
    {
      task: 'backpropToInput',
      message: OVER_ALL,
      solve: (xs: Rows, ys: Rows) => each(xs, ys, (v) => v / xs.flat().length),
    },
    {
      task: 'backpropToTarget',
      message: 'the sign is wrong: raising y lowers x − y',
      solve: (xs: Rows, ys: Rows) => each(xs, ys, (v) => v / xs.length),
    },
    {
      task: 'backpropToTarget',
      message: NOT_MEAN,
      solve: (xs: Rows, ys: Rows) => each(xs, ys, (v) => -v),
    },
    {
      task: 'distanceToInput',
      message: 'this is the gradient of half the square: the distance divides the difference',
      solve: (xs: Rows, ys: Rows) => solution.backpropToInput(xs, ys),
    },
    {
      task: 'distanceToInput',
      message: 'divided by the squared distance: divide by the distance',
      solve: (xs: Rows, ys: Rows) =>
        each(xs, ys, (v, n) => v / (xs.length * squares(xs, ys)[n] || 1)),
    },
    {
      task: 'distanceToInput',
      message: NOT_MEAN,
      solve: (xs: Rows, ys: Rows) =>
        each(xs, ys, (v, n) => v / (Math.sqrt(squares(xs, ys)[n]) || 1)),
    },
  ],
  draw(rng, k) {
    const [N, I] = [k % 6 === 5 ? 1 : 2 + rng.integer(1 + (k >> 2)), 3 + rng.integer(1 + (k >> 3))];
    const ys = decimalRows(rng, N, I);
    // In every fourth case, one example has x = y.
    const xs = decimalRows(rng, N, I).map((row, n) => (k % 4 === 3 && n === 0 ? [...ys[0]] : row));
    return { args: { x: xs, y: ys }, smooth: true };
  },
};
