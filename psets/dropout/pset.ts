import { flatten } from '../grader/values.ts';
import { decimals, type Parameter, type Pset } from '../grader/pset.ts';
import { derivations } from './derivations.ts';
import * as solution from './solution.ts';

const x: Parameter = { name: 'x', type: 'number[]', doc: 'x_in; some numbers may be 0' };
const u: Parameter = { name: 'u', type: 'number[]', doc: 'one random number in [0, 1) per unit' };
const p: Parameter = {
  name: 'p',
  type: 'number',
  doc: 'the probability that a unit is silenced, in [0, 1)',
};
const gradOutput: Parameter = {
  name: 'gradOutput',
  type: 'number[]',
  doc: '∂C/∂x_out, as many numbers',
};

type Gate = (value: number, random: number, probability: number) => number;
const each = (gate: Gate) => (values: number[], us: number[], q: number) =>
  values.map((v, i) => gate(v, us[i], q));
const NOT_SCALED = 'not scaled: kept units are divided by 1 − p, which keeps the mean';
const WRONG_UNITS = 'the wrong units: those with u < p are silenced';
const BY_P = 'divided by p: the share of kept units is 1 − p';
const AS_PAPER = 'multiplied by 1 − p: the original form does that, in inference';

const both = ['forward', 'backpropToInput'];

/** The problem set about dropout. */
export const dropout: Pset = {
  name: 'dropout',
  title: 'Dropout',
  tasks: [
    {
      name: 'forward',
      parameters: [x, u, p],
      points: 3,
      returns: { type: 'number[]', doc: 'x_out, as many numbers' },
      doc: 'Training: 0 for the units that are silenced, x/(1 − p) for those that are kept.',
    },
    {
      name: 'backpropToInput',
      parameters: [gradOutput, u, p],
      points: 4,
      returns: { type: 'number[]', doc: '∂C/∂x_in, as many numbers' },
      doc: 'The gradient with respect to the input, in training.',
      gradientOf: { task: 'forward', argument: 'x' },
    },
    {
      name: 'inference',
      parameters: [x, p],
      points: 1,
      returns: { type: 'number[]', doc: 'x_out, as many numbers' },
      doc: 'The same module in inference, when the network is used.',
    },
    {
      name: 'variance',
      parameters: [x, p],
      points: 2,
      returns: { type: 'number[]', doc: 'one variance per unit' },
      doc: 'The variance of each x_out in training, over all random numbers u.',
    },
  ],
  solution,
  derivations,
  quantities: { '1 − p': ({ p: q }) => 1 - Number(q) },
  properties: [
    {
      phrase: 'for units that are kept',
      tasks: both,
      holds: ({ u: us, p: q }) => flatten(us).map((one) => one >= Number(q)),
    },
    {
      phrase: 'for units that are silenced',
      tasks: both,
      holds: ({ u: us, p: q }) => flatten(us).map((one) => one < Number(q)),
    },
    {
      phrase: 'for a unit with u = p',
      tasks: both,
      holds: ({ u: us, p: q }) => flatten(us).map((one) => one === q),
    },
  ],
  extremes: [
    { extreme: 'p = 0', args: { x: [3, -1, 2], u: [0, 0.5, 0.99], p: 0, gradOutput: [4, 1, -2] } },
    {
      extreme: 'p = 0.99',
      args: { x: [3, -1, 2], u: [0.99, 0.5, 0.995], p: 0.99, gradOutput: [4, 1, -2] },
    },
    {
      extreme: 'units that are all silenced',
      args: { x: [3, -1], u: [0.1, 0.2], p: 0.5, gradOutput: [4, 1] },
    },
    { extreme: 'one unit', args: { x: [3], u: [0.7], p: 0.5, gradOutput: [4] } },
    {
      extreme: 'inputs that are all 0',
      args: { x: [0, 0, 0], u: [0.1, 0.6, 0.7], p: 0.5, gradOutput: [4, 1, -2] },
    },
    {
      extreme: 'numbers of about 1e150',
      args: { x: [3e150, -1e150], u: [0.1, 0.6], p: 0.5, gradOutput: [4e150, 1e150] },
    },
    {
      extreme: 'numbers of about 1e-150',
      args: { x: [3e-150, -1e-150], u: [0.1, 0.6], p: 0.5, gradOutput: [4e-150, 1e-150] },
    },
  ].map((one) => ({ ...one, smooth: false })),
  mistakes: [
    ...both.flatMap((task) => [
      { task, message: NOT_SCALED, solve: each((v, random, q) => (random >= q ? v : 0)) },
      { task, message: WRONG_UNITS, solve: each((v, random, q) => (random < q ? v / (1 - q) : 0)) },
      {
        task,
        message: `${WRONG_UNITS}; ${NOT_SCALED}`,
        solve: each((v, random, q) => (random < q ? v : 0)),
      },
      { task, message: BY_P, solve: each((v, random, q) => (random >= q ? v / q : 0)) },
      { task, message: AS_PAPER, solve: each((v, random, q) => (random >= q ? v * (1 - q) : 0)) },
    ]),
    {
      task: 'backpropToInput',
      message: 'the mask is missing: a silenced unit gets no gradient',
      solve: each((g, _, q) => g / (1 - q)),
    },
    {
      task: 'backpropToInput',
      message: 'this is inference: in training the gradient is masked too',
      solve: each((g) => g),
    },
    {
      task: 'inference',
      message: 'scaled twice: training has already divided by 1 − p',
      solve: (xs: number[], q: number) => xs.map((v) => v * (1 - q)),
    },
    {
      task: 'inference',
      message: 'scaled as in training: in inference no unit is silenced',
      solve: (xs: number[], q: number) => xs.map((v) => v / (1 - q)),
    },
    {
      task: 'variance',
      message: 'without the scale: this is the variance of kept units that are not scaled',
      solve: (xs: number[], q: number) => xs.map((v) => v * v * q * (1 - q)),
    },
    {
      task: 'variance',
      message: 'this is the mean of the square: subtract the square of the mean',
      solve: (xs: number[], q: number) => xs.map((v) => (v * v) / (1 - q)),
    },
  ],
  draw(rng, k) {
    const n = 4 + rng.integer(2 + (k >> 3));
    const xs = decimals(rng, n).map((v, i) => (k % 3 === 2 && i === 0 ? 0 : v));
    const us = Array.from({ length: n }, () => rng.integer(100) / 100);
    const q = [0.3, 0.5, 0.2, 0.75][k % 4];
    // Here u = p for one unit, which is kept.
    if (k % 5 === 1) us[n - 1] = q;
    return { args: { x: xs, u: us, p: q, gradOutput: decimals(rng, n) }, smooth: true };
  },
};
