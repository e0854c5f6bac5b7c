import { flatten } from '../grader/values.ts';
import { decimals, type Parameter, type Pset } from '../grader/pset.ts';
import { derivations } from './derivations.ts';
import * as solution from './solution.ts';

const x: Parameter = { name: 'x', type: 'number[]', doc: 'one feature of a batch, m numbers' };
const gamma: Parameter = { name: 'gamma', type: 'number', doc: 'the scale γ' };
const beta: Parameter = { name: 'beta', type: 'number', doc: 'the shift β' };
const eps: Parameter = { name: 'eps', type: 'number', doc: 'ε, added to the variance' };
const gradOutput: Parameter = { name: 'gradOutput', type: 'number[]', doc: '∂C/∂y, m numbers' };

const mean = (v: readonly number[]) => v.reduce((sum, one) => sum + one, 0) / v.length;
const variance = (v: readonly number[]) => mean(v.map((one) => (one - mean(v)) ** 2));
const unit = (xs: number[], e: number) =>
  xs.map((v) => (v - mean(xs)) / Math.sqrt(variance(xs) + e));

/**
 * Makes a wrong `backpropToInput` that leaves out the paths through the mean or through the
 * variance.
 */
const toInput =
  (throughMean: boolean, throughVariance: boolean) =>
  (g: number[], xs: number[], scale: number, e: number) => {
    const hat = unit(xs, e);
    const products = mean(g.map((v, i) => v * hat[i]));
    return g.map(
      (v, i) =>
        (scale / Math.sqrt(variance(xs) + e)) *
        (v - (throughMean ? mean(g) : 0) - (throughVariance ? hat[i] * products : 0)),
    );
  };

/** The problem set about batch normalization. */
export const batchNorm: Pset = {
  name: 'batch-norm',
  title: 'Batch normalization',
  tasks: [
    {
      name: 'forward',
      parameters: [x, gamma, beta, eps],
      points: 2,
      returns: { type: 'number[]', doc: 'y, m numbers' },
      doc: 'Training: y_i = γ (x_i − μ)/√(σ² + ε) + β, with mean and variance (over m) of these numbers.',
    },
    {
      name: 'backpropToInput',
      parameters: [gradOutput, x, gamma, eps],
      points: 5,
      returns: { type: 'number[]', doc: '∂C/∂x, m numbers' },
      doc: 'The gradient with respect to the input.',
      gradientOf: { task: 'forward', argument: 'x' },
    },
    {
      name: 'backpropToGamma',
      parameters: [gradOutput, x, eps],
      points: 2,
      returns: { type: 'number', doc: '∂C/∂γ' },
      doc: 'The gradient with respect to the scale.',
      gradientOf: { task: 'forward', argument: 'gamma' },
    },
    {
      name: 'backpropToBeta',
      parameters: [gradOutput],
      points: 1,
      returns: { type: 'number', doc: '∂C/∂β' },
      doc: 'The gradient with respect to the shift.',
      gradientOf: { task: 'forward', argument: 'beta' },
    },
  ],
  solution,
  derivations,
  quantities: {
    m: ({ x: xs }) => flatten(xs).length,
    'σ² + ε': ({ x: xs, eps: e }) => variance(flatten(xs)) + Number(e),
    '√(σ² + ε)': ({ x: xs, eps: e }) => Math.sqrt(variance(flatten(xs)) + Number(e)),
    'σ²': ({ x: xs }) => variance(flatten(xs)),
    σ: ({ x: xs }) => Math.sqrt(variance(flatten(xs))),
  },
  extremes: [
    { extreme: 'a batch of one', args: { x: [3], gamma: 2, beta: 1, eps: 0.1, gradOutput: [5] } },
    {
      extreme: 'a batch of two',
      args: { x: [0, 2], gamma: 1, beta: 0, eps: 0.1, gradOutput: [1, 0] },
    },
    {
      extreme: 'numbers that are all equal',
      args: { x: [2, 2, 2, 2], gamma: 2, beta: 1, eps: 0.1, gradOutput: [1, -2, 3, 0.5] },
    },
    {
      extreme: 'numbers that are all 0',
      args: { x: [0, 0, 0], gamma: 2, beta: 1, eps: 0.1, gradOutput: [1, -2, 3] },
    },
    {
      extreme: 'γ = 0',
      args: { x: [1, 4, -2], gamma: 0, beta: 1, eps: 0.1, gradOutput: [1, -2, 3] },
    },
    {
      extreme: 'numbers of about 1e100',
      args: { x: [1e100, 3e100, -2e100], gamma: 2, beta: 1, eps: 0.1, gradOutput: [1, -2, 3] },
    },
    {
      extreme: 'a small ε (1e-5)',
      args: { x: [1, 4, -2], gamma: 2, beta: 1, eps: 1e-5, gradOutput: [1, -2, 3] },
    },
  ].map((one) => ({ ...one, smooth: false })),
  mistakes: [
    {
      task: 'forward',
      message: 'a factor: the variance is over m, not over m − 1',
      solve: (xs: number[], scale: number, shift: number, e: number) =>
        xs.map((v) => (scale * (v - mean(xs))) / Math.sqrt((variance(xs) * xs.length) / (xs.length - 1) + e) + shift), // prettier-ignore
    },
    {
      task: 'forward',
      message: 'ε is added to the standard deviation: add it to the variance, under the root',
      solve: (xs: number[], scale: number, shift: number, e: number) =>
        xs.map((v) => (scale * (v - mean(xs))) / (Math.sqrt(variance(xs)) + e) + shift),
    },
    {
      task: 'forward',
      message: 'divided by the variance: divide by its root',
      solve: (xs: number[], scale: number, shift: number, e: number) =>
        xs.map((v) => (scale * (v - mean(xs))) / (variance(xs) + e) + shift),
    },
    {
      task: 'backpropToInput',
      message:
        'the paths through the mean and the variance are missing: these are functions of the input',
      solve: toInput(false, false),
    },
    {
      task: 'backpropToInput',
      message: 'the path through the variance is missing',
      solve: toInput(true, false),
    },
    {
      task: 'backpropToInput',
      message: 'the path through the mean is missing',
      solve: toInput(false, true),
    },
    {
      task: 'backpropToInput',
      message: 'γ is missing',
      solve: (g: number[], xs: number[], _: number, e: number) => toInput(true, true)(g, xs, 1, e),
    },
    {
      task: 'backpropToGamma',
      message: 'this uses the input instead of the normalized input',
      solve: (g: number[], xs: number[]) => g.reduce((sum, v, i) => sum + v * xs[i], 0),
    },
  ],
  draw(rng, k) {
    const m = 3 + rng.integer(2 + (k >> 2));
    const [scale, shift] = decimals(rng, 2);
    // ε is large enough to influence the result, and the variance of x is not near 0.
    const xs = decimals(rng, m).map((v, i) => v + i);
    const args = {
      x: xs,
      gamma: scale,
      beta: shift,
      eps: [0.1, 0.5][k % 2],
      gradOutput: decimals(rng, m),
    };
    return { args, smooth: true };
  },
};
