import { flatten } from '../grader/values.ts';
import { decimals, type Mistake, type Parameter, type Pset } from '../grader/pset.ts';
import { derivations } from './derivations.ts';
import * as solution from './solution.ts';

const x: Parameter = { name: 'x', type: 'number[]', doc: 'x_in, N numbers' };
const K: Parameter = { name: 'K', type: 'number', doc: 'the size of a window, at most N' };
const S: Parameter = { name: 'S', type: 'number', doc: 'the stride, from one window to the next' };
const gradOutput: Parameter = {
  name: 'gradOutput',
  type: 'number[]',
  doc: '∂C/∂x_out, one number per window',
};
const gradSame: Parameter = { name: 'gradSame', type: 'number[]', doc: '∂C/∂x_out, N numbers' };

type Window = readonly number[];

function windows(xs: number[], size: number, stride: number): Window[] {
  const found: Window[] = [];
  for (let at = 0; at + size <= xs.length; at += stride)
    found.push(Array.from({ length: size }, (_, m) => at + m));
  return found;
}
/** Returns the window around each element. Windows may extend beyond the ends. */
function windowsSame(xs: number[], size: number, by = 0): Window[] {
  const p = Math.floor((size - 1) / 2) + by;
  return xs.map((_, i) => Array.from({ length: size }, (__, m) => i - p + m));
}
const inside = (xs: number[], window: Window) => window.filter((j) => j >= 0 && j < xs.length);
const largest = (xs: number[], window: Window) => Math.max(...window.map((j) => xs[j]));
const ties = (xs: number[], window: Window) => window.filter((j) => xs[j] === largest(xs, window));

/** Chooses the elements to which the gradient of a window is sent, with their weights. */
type Choice = (xs: number[], window: Window) => readonly (readonly [j: number, weight: number])[];
const first: Choice = (xs, window) => [[ties(xs, window)[0], 1]];
const last: Choice = (xs, window) => [[ties(xs, window).at(-1) ?? 0, 1]];
const all: Choice = (xs, window) => ties(xs, window).map((j) => [j, 1]);
const shared: Choice = (xs, window) =>
  ties(xs, window).map((j) => [j, 1 / ties(xs, window).length]);
const everyone: Choice = (_, window) => window.map((j) => [j, 1]);

function spread(
  g: number[],
  xs: number[],
  found: readonly Window[],
  choose: Choice,
  sum = true,
): number[] {
  const out = xs.map(() => 0);
  found.forEach((window, i) => {
    for (const [j, weight] of choose(xs, window)) out[j] = (sum ? out[j] : 0) + weight * g[i];
  });
  return out;
}

const FULL = 'border terms are missing: a window that reaches outside has its maximum inside';
const CHOICES: readonly (readonly [string, Choice, boolean?])[] = [
  [
    'overlap overwritten instead of summed: an element that wins several windows gets the sum',
    first,
    false,
  ],
  ['gradient sent to all ties: only the first of equals gets it', all],
  ['gradient shared among ties: the first of equals gets all of it', shared],
  ['gradient sent to the last of equals: the first one gets it', last],
  ['gradient sent to the whole window: only the winner gets it', everyone],
];
const gradients = (
  task: string,
  find: (xs: number[], size: number, stride: number) => Window[],
): Mistake[] =>
  CHOICES.map(([message, choose, sum]) => ({
    task,
    message,
    solve: (g: number[], xs: number[], size: number, stride: number) =>
      spread(g, xs, find(xs, size, stride), choose, sum),
  }));

/** The problem set about max pooling in one dimension. */
export const maxPooling: Pset = {
  name: 'max-pooling',
  title: 'The max-pooling module in one dimension',
  tasks: [
    {
      name: 'forward',
      parameters: [x, K, S],
      points: 2,
      returns: { type: 'number[]', doc: 'x_out, one number per window that fits into x' },
      doc: 'The largest number of each window: x_out[i] = max_m x[i S + m], 0 ≤ m < K.',
    },
    {
      name: 'backpropToInput',
      parameters: [gradOutput, x, K, S],
      points: 4,
      returns: { type: 'number[]', doc: '∂C/∂x_in, N numbers' },
      doc: 'The gradient with respect to the input. Among equals the first one wins.',
      gradientOf: { task: 'forward', argument: 'x' },
    },
    {
      name: 'forwardSame',
      parameters: [x, K],
      points: 2,
      returns: { type: 'number[]', doc: 'x_out, N numbers' },
      doc: 'The same length, stride 1: the largest of x[i − p] … x[i − p + K − 1] that exist, p = ⌊(K − 1)/2⌋.',
    },
    {
      name: 'backpropSameToInput',
      parameters: [gradSame, x, K],
      points: 2,
      returns: { type: 'number[]', doc: '∂C/∂x_in, N numbers' },
      doc: 'The gradient of forwardSame with respect to the input.',
      gradientOf: { task: 'forwardSame', argument: 'x' },
    },
  ],
  solution,
  derivations,
  properties: [
    {
      phrase: 'from the second window on',
      tasks: ['forward'],
      holds: ({ gradOutput: g }) => flatten(g).map((_, i) => i > 0),
    },
    {
      phrase: 'where windows overlap',
      holds: ({ K: size, S: stride }) => Number(stride) < Number(size),
    },
    {
      phrase: 'where windows do not overlap',
      holds: ({ K: size, S: stride }) => Number(stride) >= Number(size),
    },
  ],
  extremes: [
    {
      extreme: 'one window',
      args: { x: [-1, -3, -2], K: 3, S: 2, gradOutput: [5], gradSame: [1, 2, 3] },
    },
    {
      extreme: 'windows of one number',
      args: { x: [1, -3, 2], K: 1, S: 1, gradOutput: [5, 6, 7], gradSame: [1, 2, 3] },
    },
    {
      extreme: 'windows that leave gaps (S above K)',
      args: {
        x: [1, 4, 2, -1, 0.5, 3],
        K: 2,
        S: 3,
        gradOutput: [5, 6],
        gradSame: [1, 2, 3, 4, 5, 6],
      },
    },
    {
      extreme: 'numbers that are all equal',
      args: { x: [-2, -2, -2, -2], K: 3, S: 1, gradOutput: [5, 6], gradSame: [1, 2, 3, 4] },
    },
    {
      extreme: 'numbers of about −1e300',
      args: {
        x: [-1e300, -3e300, -2e300, -5e300],
        K: 2,
        S: 1,
        gradOutput: [5, 6, 7],
        gradSame: [1, 2, 3, 4],
      },
    },
    {
      extreme: 'numbers of about 1e-300',
      args: {
        x: [1e-300, -3e-300, 2e-300, -5e-300],
        K: 2,
        S: 1,
        gradOutput: [5, 6, 7],
        gradSame: [1, 2, 3, 4],
      },
    },
    { extreme: 'one number', args: { x: [-4], K: 1, S: 1, gradOutput: [5], gradSame: [1] } },
  ].map((one) => ({ ...one, smooth: false })),
  mistakes: [
    {
      task: 'forward',
      message: 'the stride is ignored: windows start S apart',
      solve: (xs: number[], size: number) =>
        windows(xs, size, 1).map((window) => largest(xs, window)),
    },
    {
      task: 'forward',
      message: 'shifted by one: window i starts at i S',
      solve: (xs: number[], size: number, stride: number) =>
        windows(xs, size, stride).map((window) =>
          largest(
            xs,
            inside(
              xs,
              window.map((j) => j + 1),
            ),
          ),
        ),
    },
    {
      task: 'forward',
      message: 'largest by absolute value: −3 is less than 1',
      solve: (xs: number[], size: number, stride: number) =>
        windows(xs, size, stride).map(
          (window) => xs[window.reduce((a, b) => (Math.abs(xs[b]) > Math.abs(xs[a]) ? b : a))],
        ),
    },
    ...gradients('backpropToInput', windows),
    {
      task: 'forwardSame',
      message:
        'the border counts as 0 and wins over negative numbers: only elements inside can win',
      solve: (xs: number[], size: number) =>
        windowsSame(xs, size).map((window) => Math.max(...window.map((j) => xs[j] ?? 0))),
    },
    {
      task: 'forwardSame',
      message: 'shifted by one: the window starts at i − p with p = ⌊(K − 1)/2⌋',
      solve: (xs: number[], size: number) =>
        windowsSame(xs, size, 1).map((window) => largest(xs, inside(xs, window))),
    },
    {
      task: 'forwardSame',
      message: FULL,
      solve: (xs: number[], size: number) =>
        windows(xs, size, 1).map((window) => largest(xs, window)),
    },
    ...gradients('backpropSameToInput', (xs, size) =>
      windowsSame(xs, size).map((window) => inside(xs, window)),
    ),
  ],
  draw(rng, k) {
    const size = 2 + rng.integer(2 + (k >> 3));
    const stride = 1 + rng.integer(size);
    const N = size + 1 + rng.integer(3 + (k >> 2));
    const xs = decimals(rng, N);
    // Every third case has equal values, and every fourth has no number above 0.
    const tied = k % 3 === 2;
    const numbers = xs.map((v) => (tied ? Math.sign(v) : k % 4 === 1 ? -Math.abs(v) : v));
    const g = decimals(rng, Math.floor((N - size) / stride) + 1);
    const smooth = new Set(numbers).size === N;
    return {
      args: { x: numbers, K: size, S: stride, gradOutput: g, gradSame: decimals(rng, N) },
      smooth,
    };
  },
};
