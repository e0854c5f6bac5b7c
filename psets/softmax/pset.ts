import { flatten } from '../grader/values.ts';
import { decimals, type Parameter, type Pset } from '../grader/pset.ts';
import { derivations } from './derivations.ts';
import * as solution from './solution.ts';

const x: Parameter = { name: 'x', type: 'number[]', doc: 'the scores; some are about 1000' };
const gradOutput: Parameter = {
  name: 'gradOutput',
  type: 'number[]',
  doc: '∂C/∂y, as many numbers',
};
const t: Parameter = { name: 't', type: 'number', doc: 'the right class, counted from 0' };

const { forward } = solution;
const diagonal = (g: number[], xs: number[]) => forward(xs).map((v, i) => g[i] * v * (1 - v));

/** The problem set about the softmax module and its cost. */
export const softmax: Pset = {
  name: 'softmax',
  title: 'The softmax module and its cost',
  tasks: [
    {
      name: 'forward',
      parameters: [x],
      points: 2,
      returns: { type: 'number[]', doc: 'y, the probabilities' },
      doc: 'y_i = exp(x_i) / Σ_j exp(x_j), for scores of any size.',
    },
    {
      name: 'backpropToInput',
      parameters: [gradOutput, x],
      points: 4,
      returns: { type: 'number[]', doc: '∂C/∂x' },
      doc: 'The gradient of the cost with respect to the scores.',
      gradientOf: { task: 'forward', argument: 'x' },
    },
    {
      name: 'crossEntropy',
      parameters: [x, t],
      points: 2,
      returns: { type: 'number', doc: 'C' },
      doc: 'C = −log y_t, for scores of any size.',
    },
    {
      name: 'crossEntropyToInput',
      parameters: [x, t],
      points: 2,
      returns: { type: 'number[]', doc: '∂C/∂x' },
      doc: 'The gradient of crossEntropy with respect to the scores.',
      gradientOf: { task: 'crossEntropy', argument: 'x', cost: true },
    },
  ],
  solution,
  derivations,
  quantities: {
    'the largest score': ({ x: xs }) => Math.max(...flatten(xs)),
    'the smallest score': ({ x: xs }) => Math.min(...flatten(xs)),
    'the score of the right class': ({ x: xs, t: target }) => flatten(xs)[Number(target)],
  },
  properties: [
    {
      phrase: 'at the right class',
      tasks: ['crossEntropyToInput'],
      holds: ({ x: xs, t: target }) => flatten(xs).map((_, i) => i === target),
    },
    {
      phrase: 'at the wrong classes',
      tasks: ['crossEntropyToInput'],
      holds: ({ x: xs, t: target }) => flatten(xs).map((_, i) => i !== target),
    },
    { phrase: 'for scores of about 1000', holds: ({ x: xs }) => flatten(xs).some((v) => v > 700) },
  ],
  extremes: [
    { extreme: 'scores that are far apart', args: { x: [1000, 0], t: 1, gradOutput: [1, 3] } },
    {
      extreme: 'scores that are far apart',
      args: { x: [0, -1000, 1000], t: 0, gradOutput: [1, -2, 3] },
    },
    { extreme: 'scores of about −1000', args: { x: [-1000, -1001], t: 1, gradOutput: [1, 3] } },
    {
      extreme: 'scores of about 1e150',
      args: { x: [1e150, 2e150, -1e150], t: 0, gradOutput: [1, -2, 3] },
    },
    {
      extreme: 'scores that are all equal',
      args: { x: [7, 7, 7, 7], t: 2, gradOutput: [1, -2, 3, 0.5] },
    },
    { extreme: 'scores that are all 0', args: { x: [0, 0, 0], t: 0, gradOutput: [1, -2, 3] } },
    { extreme: 'one class', args: { x: [5], t: 0, gradOutput: [2] } },
    { extreme: 'scores of about 1e-300', args: { x: [1e-300, -2e-300], t: 0, gradOutput: [2, 1] } },
  ].map((one) => ({ ...one, smooth: false })),
  mistakes: [
    {
      task: 'forward',
      message: 'not normalized: the probabilities do not sum to 1',
      solve: (xs: number[]) => xs.map((v) => Math.exp(v - Math.max(...xs))),
    },
    {
      task: 'backpropToInput',
      message: 'only the diagonal: each probability depends on every score through the sum',
      solve: diagonal,
    },
    {
      task: 'backpropToInput',
      message:
        'the part through the sum is missing: raising one score lowers the other probabilities',
      solve: (g: number[], xs: number[]) => forward(xs).map((v, i) => v * g[i]),
    },
    {
      task: 'backpropToInput',
      message: 'the probability in front is missing',
      solve: (g: number[], xs: number[]) => {
        const mean = forward(xs).reduce((sum, v, j) => sum + v * g[j], 0);
        return g.map((v) => v - mean);
      },
    },
    {
      task: 'crossEntropyToInput',
      message: 'the right class is missing: its gradient is y − 1',
      solve: forward,
    },
  ],
  draw(rng, k) {
    const n = 2 + rng.integer(2 + (k >> 3));
    // In every fourth case, the exponentials of the scores overflow.
    const xs = decimals(rng, n).map((v) =>
      k % 4 === 3 ? Math.round(1000 + 10 * v) / 10 + 900 : v,
    );
    return {
      args: { x: xs, t: rng.integer(n), gradOutput: decimals(rng, n) },
      smooth: k % 4 !== 3,
    };
  },
};
