import { flatten } from '../grader/values.ts';
import { decimals, type Parameter, type Pset } from '../grader/pset.ts';
import { derivations } from './derivations.ts';
import * as solution from './solution.ts';

const x: Parameter = { name: 'x', type: 'number[]', doc: 'a signal of N numbers' };
const v: Parameter = { name: 'v', type: 'number[]', doc: 'a signal of N numbers, none of them 0' };
const N: Parameter = { name: 'N', type: 'number', doc: 'the length of the signal' };
const w: Parameter = {
  name: 'w',
  type: 'number[]',
  doc: 'the window, an odd number M < 2N of weights above 0',
};
const gradOutput: Parameter = {
  name: 'gradOutput',
  type: 'number[]',
  doc: '∂C/∂(output), N numbers',
};

const { windowWeights } = solution;
const mean = (values: readonly number[]) =>
  values.reduce((sum, one) => sum + one, 0) / values.length;
const times = (A: readonly number[][], s: readonly number[]) => A.map((row) => row.reduce((sum, a, j) => sum + a * s[j], 0)); // prettier-ignore
/**
 * Makes wrong window weights: they are cut off at the ends of the signal, but not scaled to a sum
 * of 1.
 */
const cut = (n: number, ws: number[]) =>
  Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (__, j) => ws[j - i + (ws.length - 1) / 2] ?? 0),
  );
const deviations = (vs: number[], ws: number[]) => times(windowWeights(vs.length, ws), vs.map((one) => one * one)).map(Math.sqrt); // prettier-ignore
const over = (vs: number[], ws: number[], divisor: (s: number, c: number) => number) => {
  const sigma = deviations(vs, ws);
  return vs.map((one, i) => one / divisor(sigma[i], mean(sigma)));
};
/** Makes a wrong `divisiveToInput` that leaves out terms of the chain rule. */
const toInput =
  (throughSigma: boolean, throughMean: boolean) =>
  (g: number[], vs: number[], ws: number[]): number[] => {
    const [A, sigma] = [windowWeights(vs.length, ws), deviations(vs, ws)];
    const c = mean(sigma);
    const h = vs.map((one, i) => (-g[i] * one) / Math.max(c, sigma[i]) ** 2);
    const shared = throughMean ? mean(h.map((one, i) => (sigma[i] > c ? 0 : one))) : 0;
    const s = h.map((one, i) => (throughSigma && sigma[i] > c ? one : 0) + shared);
    return vs.map((one, j) => g[j] / Math.max(c, sigma[j]) + one * A.reduce((sum, row, i) => sum + (row[j] * s[i]) / sigma[i], 0)); // prettier-ignore
  };
const TRANSPOSED =
  'the weights are not transposed: element j collects from the windows that contain j';

/** The problem set about local contrast normalization. */
export const contrastNorm: Pset = {
  name: 'contrast-norm',
  title: 'Local contrast normalization',
  tasks: [
    {
      name: 'windowWeights',
      parameters: [N, w],
      points: 1,
      returns: { type: 'number[][]', doc: 'A, N rows of N numbers; each row sums to 1' },
      doc: 'The weights of the window around each i: cut at the ends of the signal, and scaled to sum to 1.',
    },
    {
      name: 'subtractive',
      parameters: [x, w],
      points: 1,
      returns: { type: 'number[]', doc: 'v, N numbers' },
      doc: 'The signal minus its local mean.',
    },
    {
      name: 'subtractiveToInput',
      parameters: [gradOutput, x, w],
      points: 2,
      returns: { type: 'number[]', doc: '∂C/∂x, N numbers' },
      doc: 'The gradient of the cost with respect to x.',
      gradientOf: { task: 'subtractive', argument: 'x' },
    },
    {
      name: 'divisive',
      parameters: [v, w],
      points: 2,
      returns: { type: 'number[]', doc: 'y, N numbers' },
      doc: 'The signal over the larger of its local deviation and the mean of all local deviations.',
    },
    {
      name: 'divisiveToInput',
      parameters: [gradOutput, v, w],
      points: 4,
      returns: { type: 'number[]', doc: '∂C/∂v, N numbers' },
      doc: 'The gradient of the cost with respect to v.',
      gradientOf: { task: 'divisive', argument: 'v' },
    },
  ],
  solution,
  derivations,
  quantities: { M: ({ w: ws }) => flatten(ws).length },
  extremes: [
    { extreme: 'a signal of one number', args: { x: [3], v: [3], N: 1, w: [2], gradOutput: [4] } },
    {
      extreme: 'a window of one cell',
      args: { x: [3, -1, 2], v: [3, -1, 2], N: 3, w: [2], gradOutput: [4, 1, -2] },
    },
    {
      extreme: 'a window that is wider than the signal',
      args: { x: [3, -1], v: [3, -1], N: 2, w: [0.5, 1, 0.25], gradOutput: [4, 1] },
    },
    {
      extreme: 'numbers of about 1e100',
      args: {
        x: [3e100, -1e100, 2e100],
        v: [3e100, -1e100, 2e100],
        N: 3,
        w: [0.5, 1, 0.25],
        gradOutput: [4, 1, -2],
      },
    },
    {
      extreme: 'numbers of about 1e-100',
      args: {
        x: [3e-100, -1e-100, 2e-100],
        v: [3e-100, -1e-100, 2e-100],
        N: 3,
        w: [0.5, 1, 0.25],
        gradOutput: [4, 1, -2],
      },
    },
    {
      extreme: 'weights that are not below 1',
      args: { x: [3, -1, 2], v: [3, -1, 2], N: 3, w: [50, 100, 25], gradOutput: [4, 1, -2] },
    },
  ].map((one) => ({ ...one, smooth: false })),
  mistakes: [
    {
      task: 'windowWeights',
      message: 'not scaled up at the ends: every row must sum to 1',
      solve: cut,
    },
    {
      task: 'windowWeights',
      message: 'flipped window: cell m lies on j = i − p + m',
      solve: (n: number, ws: number[]) => windowWeights(n, [...ws].reverse()),
    },
    {
      task: 'subtractive',
      message: 'not scaled up at the ends: a constant signal must give 0',
      solve: (xs: number[], ws: number[]) =>
        xs.map((one, i) => one - times(cut(xs.length, ws), xs)[i]),
    },
    {
      task: 'subtractive',
      message: 'this is the local mean itself: subtract it from the signal',
      solve: (xs: number[], ws: number[]) => times(windowWeights(xs.length, ws), xs),
    },
    {
      task: 'subtractiveToInput',
      message: 'the path through the mean is missing: each number is part of the means around it',
      solve: (g: number[]) => g,
    },
    {
      task: 'subtractiveToInput',
      message: TRANSPOSED,
      solve: (g: number[], _: number[], ws: number[]) => solution.subtractive(g, ws),
    },
    {
      task: 'divisive',
      message: 'the floor is missing: the mean replaces deviations below it',
      solve: (vs: number[], ws: number[]) => over(vs, ws, (s) => s),
    },
    {
      task: 'divisive',
      message: 'divided by the mean deviation only: the local deviation counts where it is larger',
      solve: (vs: number[], ws: number[]) => over(vs, ws, (_, c) => c),
    },
    {
      task: 'divisive',
      message: 'the smaller of the two instead of the larger',
      solve: (vs: number[], ws: number[]) => over(vs, ws, Math.min),
    },
    {
      task: 'divisiveToInput',
      message: 'the path through the divisor is missing: deviations are functions of the input',
      solve: toInput(false, false),
    },
    {
      task: 'divisiveToInput',
      message: 'the path through the mean of the deviations is missing',
      solve: toInput(true, false),
    },
    {
      task: 'divisiveToInput',
      message: 'the path through the local deviation is missing',
      solve: toInput(false, true),
    },
  ],
  draw(rng, k) {
    const n = 4 + rng.integer(2 + (k >> 3));
    const side = 1 + rng.integer(2);
    const half = Array.from({ length: side }, () => (1 + rng.integer(4)) / 10);
    // The window is not symmetric, so that transposed weights give wrong results.
    const ws = [...half, 1, ...half.map((one) => one + 0.1)];
    const args = {
      x: decimals(rng, n),
      v: decimals(rng, n),
      N: n,
      w: ws,
      gradOutput: decimals(rng, n),
    };
    return { args, smooth: true };
  },
};
