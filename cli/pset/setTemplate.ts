/**
 * Returns the files of a small problem set, by name: a module that multiplies its input by a
 * number. It passes `definePset` as it is, so a lecturer changes one part after another.
 */
export function setTemplate(name: string): Record<string, string> {
  return { 'README.md': README, 'solution.ts': SOLUTION, 'pset.ts': pset(name) };
}

const README = `# A scale

## Statement

The module multiplies each number of its input by a learned number $a$:

$$x_{\\text{out}}[i] = a \\; x_{\\text{in}}[i]$$

Derive what goes into each box: the forward, and the gradients with respect to the input and to $a$,
given $\\partial C / \\partial x_{\\text{out}}$.

## Derivation

Everything from this heading on is the solution. It is not part of the handout.

**Backprop to the input.** An output depends only on its own input, with the slope $a$:

$$\\frac{\\partial C}{\\partial x_{\\text{in}}[i]} = a \\; \\frac{\\partial C}{\\partial x_{\\text{out}}[i]}$$

**Backprop to the parameter.** $a$ reaches every output, multiplied by the input:

$$\\frac{\\partial C}{\\partial a} = \\sum_i \\frac{\\partial C}{\\partial x_{\\text{out}}[i]} \\; x_{\\text{in}}[i]$$
`;

const SOLUTION = `/** x_out[i] = a x[i]. */
export function forward(x: number[], a: number): number[] {
  return x.map((v) => a * v);
}

/** ∂C/∂x[i] = a ∂C/∂x_out[i]. */
export function backpropToInput(gradOutput: number[], x: number[], a: number): number[] {
  return gradOutput.map((g) => a * g);
}

/** ∂C/∂a = Σ_i ∂C/∂x_out[i] x[i]. */
export function backpropToScale(gradOutput: number[], x: number[]): number {
  return gradOutput.reduce((sum, g, i) => sum + g * x[i], 0);
}
`;

const pset = (
  name: string,
) => `import { decimals, definePset, type Parameter } from 'boxprop/psets';
import * as solution from './solution.ts';

const x: Parameter = { name: 'x', type: 'number[]', doc: 'x_in' };
const a: Parameter = { name: 'a', type: 'number', doc: 'the scale' };
const gradOutput: Parameter = {
  name: 'gradOutput',
  type: 'number[]',
  doc: '∂C/∂x_out, as many numbers',
};

export default definePset({
  name: '${name}',
  title: 'A scale',
  tasks: [
    {
      name: 'forward',
      parameters: [x, a],
      returns: { type: 'number[]', doc: 'x_out, as many numbers' },
      doc: 'Each number times a.',
      points: 2,
    },
    {
      name: 'backpropToInput',
      parameters: [gradOutput, x, a],
      returns: { type: 'number[]', doc: '∂C/∂x_in, as many numbers' },
      doc: 'The gradient with respect to the input.',
      gradientOf: { task: 'forward', argument: 'x' },
      points: 4,
    },
    {
      name: 'backpropToScale',
      parameters: [gradOutput, x],
      returns: { type: 'number', doc: '∂C/∂a' },
      doc: 'The gradient with respect to the scale.',
      gradientOf: { task: 'forward', argument: 'a' },
      points: 4,
    },
  ],
  solution,
  // Mistakes that you expect, in the words that a student should read. The grader finds many others
  // by itself, such as a wrong sign, a factor, or numbers that are shifted.
  mistakes: [
    {
      task: 'backpropToScale',
      message: 'averaged instead of summed: a reaches every output',
      solve: (g: number[], xs: number[]) => solution.backpropToScale(g, xs) / xs.length,
    },
  ],
  // Case k of a series that starts with small cases. smooth: false where the function has a kink.
  draw(rng, k) {
    const length = 1 + rng.integer(2 + (k >> 2));
    return {
      args: {
        x: decimals(rng, length),
        a: decimals(rng, 1)[0],
        gradOutput: decimals(rng, length),
      },
      smooth: true,
    };
  },
});
`;
