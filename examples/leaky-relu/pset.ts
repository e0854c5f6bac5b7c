import { decimals, definePset, type Parameter } from 'boxprop/psets';
import * as solution from './solution.ts';

const x: Parameter = { name: 'x', type: 'number[]', doc: 'x_in; some numbers are 0' };
const a: Parameter = { name: 'a', type: 'number', doc: 'the slope below 0' };
const gradOutput: Parameter = {
  name: 'gradOutput',
  type: 'number[]',
  doc: '∂C/∂x_out, as many numbers',
};

/** The problem set about the leaky rectifier, of the guide docs/problem-sets.md. */
export default definePset({
  name: 'leaky-relu',
  title: 'The leaky rectifier',
  tasks: [
    {
      name: 'forward',
      parameters: [x, a],
      returns: { type: 'number[]', doc: 'x_out, as many numbers' },
      doc: 'x where x is above 0, else a x.',
      points: 2,
    },
    {
      name: 'backpropToInput',
      parameters: [gradOutput, x, a],
      returns: { type: 'number[]', doc: '∂C/∂x_in, as many numbers' },
      doc: 'The gradient with respect to the input. At 0 the slope is a.',
      gradientOf: { task: 'forward', argument: 'x' },
      points: 3,
    },
  ],
  solution,
  mistakes: [
    {
      task: 'forward',
      message: 'the slope is ignored: this is the plain rectifier',
      solve: (xs: number[]) => xs.map((v) => Math.max(0, v)),
    },
    {
      task: 'backpropToInput',
      message: 'the condition uses the gradient: the input decides which slope applies',
      solve: (g: number[], _: number[], slope: number) => g.map((v) => (v > 0 ? v : slope * v)),
    },
  ],
  extremes: [
    {
      extreme: 'huge and tiny inputs',
      args: { x: [-1e9, -1e-9, 1e-9, 1e9], a: 0.01, gradOutput: [1, 2, 3, 4] },
      smooth: false,
    },
  ],
  draw(rng, k) {
    const length = 1 + rng.integer(2 + (k >> 2));
    // Every third case has a kink, and finite differences are wrong there.
    const kink = k % 3 === 2;
    const numbers = decimals(rng, length).map((v, i) => (kink && i === 0 ? 0 : v));
    return {
      args: { x: numbers, a: (1 + rng.integer(9)) / 10, gradOutput: decimals(rng, length) },
      smooth: !kink,
    };
  },
});
