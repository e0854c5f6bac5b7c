import type { Tensor } from '@tensorflow/tfjs-core';
import { checkInput, nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';

/**
 * Refuses the inputs of a box that merges several tensors into one, unless they are float tensors of one shape; with
 * `unlikeLast`, of one shape but for the last axis.
 */
export function checkMergeable(box: object, inputs: readonly Tensor[], unlikeLast = false): void {
  const fail = (expected: string, got: string) => {
    throw new BoxError([`${nameOf(box)}.forward`], `expected ${expected}, got ${got}`);
  };
  if (!Array.isArray(inputs) || inputs.length === 0) fail('a list of tensors', show(inputs));
  for (const input of inputs) checkInput(box, input, unlikeLast ? 1 : 0);
  const kept = ({ shape }: Tensor) =>
    [shape.length, ...(unlikeLast ? shape.slice(0, -1) : shape)].join();
  if (inputs.some((input) => kept(input) !== kept(inputs[0]))) {
    const shapes = inputs.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ');
    fail(`inputs of one shape${unlikeLast ? ' but for the last axis' : ''}`, shapes);
  }
}
