import { decimals, type Parameter, type Pset } from '../grader/pset.ts';
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
