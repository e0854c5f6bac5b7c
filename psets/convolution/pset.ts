import { flatten } from '../grader/values.ts';
import { decimals, type Mistake, type Parameter, type Pset } from '../grader/pset.ts';
import { derivations } from './derivations.ts';
import * as solution from './solution.ts';
import type { Boundary } from './solution.ts';

const BOUNDARIES: readonly Boundary[] = ['zeros', 'replicate', 'reflect', 'circular'];

const x: Parameter = { name: 'x', type: 'number[]', doc: 'x_in, N numbers' };
const w: Parameter = {
  name: 'w',
  type: 'number[]',
  doc: 'the kernel, M < N numbers, M odd or even',
};
const boundary: Parameter = {
  name: 'boundary',
  type: "'zeros' | 'replicate' | 'reflect' | 'circular'",
  doc: 'the element that an index outside x_in reads',
};
const gradOutput: Parameter = { name: 'gradOutput', type: 'number[]', doc: '∂C/∂x_out, N numbers' };

type Walk = (N: number, M: number, boundary: Boundary) => [i: number, j: number, m: number][];

const middle = (M: number) => Math.floor((M - 1) / 2);

/**
 * Makes a function that lists the terms x[j] w[m] of each output i, as (i, j, m). By default these
 * are the correct terms, which are those of the correlation.
 */
const terms =
  (start = middle, direction: 1 | -1 = 1): Walk =>
  (N, M, mode) => {
    const p = start(M);
    const found: [number, number, number][] = [];
    for (let i = 0; i < N; i++) {
      for (let m = 0; m < M; m++) {
        const j = solution.source(i - direction * (p - m), N, mode);
        if (j >= 0 && j < N) found.push([i, j, m]);
      }
    }
    return found;
  };
const zerosOnly: Walk = (N, M) => terms()(N, M, 'zeros');
/** The terms of only those outputs whose whole window is inside the input. */
const insideOnly: Walk = (N, M) => {
  const all = terms()(N, M, 'zeros');
  return all.filter(([i]) => all.filter(([other]) => other === i).length === M);
};
const flipped =
  (walk: Walk): Walk =>
  (N, M, mode) =>
    walk(N, M, mode).map(([i, j, m]) => [i, j, M - 1 - m]);
/** The terms of a window in the opposite direction: x[i + p − m]. */
const convolved = terms(middle, -1);
/**
 * The correct terms with i and j exchanged. A gradient with these terms repeats the sum of the
 * forward function instead of its transpose.
 */
const forwardAgain: Walk = (N, M, mode) => terms()(N, M, mode).map(([i, j, m]) => [j, i, m]);

const put = (sum: boolean, out: number[], at: number, value: number) => {
  out[at] = sum ? out[at] + value : value;
};
const forward =
  (walk: Walk, sum = true) =>
  (xs: number[], ws: number[], mode: Boundary) => {
    const out = xs.map(() => 0);
    for (const [i, j, m] of walk(xs.length, ws.length, mode)) put(sum, out, i, xs[j] * ws[m]);
    return out;
  };
const toInput =
  (walk: Walk, sum = true) =>
  (g: number[], xs: number[], ws: number[], mode: Boundary) => {
    const out = xs.map(() => 0);
    for (const [i, j, m] of walk(xs.length, ws.length, mode)) put(sum, out, j, g[i] * ws[m]);
    return out;
  };
const toParams =
  (walk: Walk, sum = true) =>
  (g: number[], xs: number[], ws: number[], mode: Boundary) => {
    const out = ws.map(() => 0);
    for (const [i, j, m] of walk(xs.length, ws.length, mode)) put(sum, out, m, g[i] * xs[j]);
    return out;
  };

const FLIPPED = 'flipped kernel: this is the convolution, the pset defines the correlation';
const SHIFTED = 'shifted by one: the kernel starts at i − p with p = ⌊(M − 1)/2⌋';
const EVEN = 'shifted by one for even kernels: the kernel starts at i − p with p = ⌊(M − 1)/2⌋';
const DROPPED = 'border terms are missing: an output at the border sums the terms that exist';
const OVERWRITTEN = 'overwritten instead of summed: add each term to the earlier ones';
const OUTSIDE =
  'border terms are missing: a value read through the boundary belongs to the element it comes from';

const each = (task: string, make: (walk: Walk, sum?: boolean) => Mistake['solve']): Mistake[] => [
  { task, message: FLIPPED, solve: make(flipped(terms())) },
  { task, message: FLIPPED, solve: make(convolved) },
  { task, message: SHIFTED, solve: make(terms((M) => Math.floor((M + 1) / 2))) },
  { task, message: SHIFTED, solve: make(terms((M) => Math.floor((M - 3) / 2))) },
  { task, message: EVEN, solve: make(terms((M) => Math.floor(M / 2))) },
  { task, message: DROPPED, solve: make(insideOnly) },
  { task, message: OVERWRITTEN, solve: make(terms(), false) },
  { task, message: OUTSIDE, solve: make(zerosOnly) },
];

/** The problem set about the convolution in one dimension. */
export const convolution: Pset = {
  name: 'convolution',
  title: 'The convolution module in one dimension',
  tasks: [
    {
      name: 'forward',
      parameters: [x, w, boundary],
      points: 3,
      returns: { type: 'number[]', doc: 'x_out, N numbers' },
      doc: 'x_out[i] = Σ_m x[i − p + m] w[m] with p = ⌊(M − 1)/2⌋.',
    },
    {
      name: 'backpropToInput',
      parameters: [gradOutput, x, w, boundary],
      points: 4,
      returns: { type: 'number[]', doc: '∂C/∂x_in, N numbers' },
      doc: 'The gradient of the cost with respect to the input.',
      gradientOf: { task: 'forward', argument: 'x' },
    },
    {
      name: 'backpropToParams',
      parameters: [gradOutput, x, w, boundary],
      points: 3,
      returns: { type: 'number[]', doc: '∂C/∂w, M numbers' },
      doc: 'The gradient of the cost with respect to the kernel.',
      gradientOf: { task: 'forward', argument: 'w' },
    },
  ],
  solution,
  derivations,
  quantities: { M: ({ w: ws }) => flatten(ws).length, N: ({ x: xs }) => flatten(xs).length },
  properties: [
    { phrase: 'for even kernels', holds: ({ w: ws }) => flatten(ws).length % 2 === 0 },
    { phrase: 'for odd kernels', holds: ({ w: ws }) => flatten(ws).length % 2 === 1 },
    {
      phrase: 'where a window reaches outside',
      tasks: ['forward', 'backpropToInput'],
      holds: ({ x: xs, w: ws }) => {
        const [N, M] = [flatten(xs).length, flatten(ws).length];
        return flatten(xs).map((_, i) => i < middle(M) || i + M - 1 - middle(M) >= N);
      },
    },
  ],
  extremes: BOUNDARIES.flatMap((mode) =>
    [
      { extreme: 'a kernel of one number', x: [1, -2, 3], w: [2], gradOutput: [3, 1, -1] },
      {
        extreme: 'a kernel of N − 1 numbers',
        x: [1, -2, 3, 0.5],
        w: [2, 1, -1],
        gradOutput: [3, 1, -1, 2],
      },
      { extreme: 'numbers that are all 0', x: [0, 0, 0], w: [0, 0], gradOutput: [0, 0, 0] },
      {
        extreme: 'numbers of about 1e150',
        x: [1e150, -2e150, 3e150],
        w: [2e150, 5e150],
        gradOutput: [1e150, 3e150, 7e150],
      },
      {
        extreme: 'numbers of about 1e-150',
        x: [1e-150, -2e-150, 3e-150],
        w: [2e-150, 5e-150],
        gradOutput: [1e-150, 3e-150, 7e-150],
      },
    ].map(({ extreme, ...args }) => ({
      extreme: `${extreme}, for boundary "${mode}"`,
      args: { ...args, boundary: mode },
      smooth: false,
    })),
  ),
  mistakes: [
    ...each('forward', forward),
    {
      task: 'backpropToInput',
      message:
        'transposed: this slides the kernel as the forward does; element j collects from the outputs that read it',
      solve: toInput(forwardAgain),
    },
    ...each('backpropToInput', toInput),
    ...each('backpropToParams', toParams),
  ],
  draw(rng, k) {
    // The first cases are small. The boundaries alternate, and kernels have odd and even sizes.
    const M = 2 + rng.integer(2 + (k >> 3));
    const N = M + 1 + rng.integer(2 + (k >> 2));
    const [xs, ws, g] = [decimals(rng, N), decimals(rng, M), decimals(rng, N)];
    return { args: { x: xs, w: ws, boundary: BOUNDARIES[k % 4], gradOutput: g }, smooth: true };
  },
};
