import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { constant } from '../../lib/constant.ts';
import type { Facts } from '../../lib/facts.ts';
import type { Module } from '../../lib/module.ts';
import { describeContract } from './contract.ts';
import { blank, describeRefusals, disposed } from './refusals.ts';

/**
 * Tests the contract, the facts and the errors of a box whose output has the shape of its input.
 */
export function describeElementwise<Cache>(
  make: () => Module<tf.Tensor, tf.Tensor, Cache>,
  { window = 'elementwise', range }: Facts = {},
): void {
  describeContract(make, () => [
    tf.reshape(tf.linspace(-2, 2, 12), [4, 3]),
    tf.reshape(tf.linspace(-1, 3, 10), [2, 5]),
  ]);

  describe('facts', () => {
    beforeAll(() => useBackend('cpu'));
    test.each([[[4, 3]], [[2, 5, 6, 3]], [[7]]])('keeps shape %j', (shape) => {
      const expected = { outputShape: shape, window, multiplyAdds: 0, ...(range && { range }) };
      expect(make().facts([shape])).toEqual(expected);
    });
  });

  const name = make.toString().match(/new (\w+)/)?.[1];
  const cache = () => make().forward(blank([4, 3])).cache;
  describeRefusals([
    [
      `${name}.forward: expected input of dtype float32, got int32`,
      () => make().forward(blank([4, 3], 'int32')),
    ],
    [
      `${name}.forward: expected input to be a tensor, got 3`,
      () => make().forward(3 as unknown as tf.Tensor),
    ],
    [
      `${name}.forward: expected input of rank 1 or more, got shape []`,
      () => make().forward(blank([])),
    ],
    [`${name}.forward: expected input of rank 1 or more, got shape []`, () => make().facts([[]])],
    [
      `${name}.forward: expected input to be alive, got a disposed tensor`,
      () => make().forward(disposed([2])),
    ],
    [
      `${name}.backpropToInput: expected gradOutput of shape [4, 3], got [4, 1]`,
      () => make().backpropToInput(blank([4, 1]), cache()),
    ],
    [
      `${name}.backpropToInput: expected gradOutput of dtype float32, got int32`,
      () => make().backpropToInput(blank([4, 3], 'int32'), cache()),
    ],
  ]);
}

/** The outputs and derivatives of a box at a few inputs. −0 is returned as 0. */
export function atEach(
  box: Module<tf.Tensor, tf.Tensor>,
  xs: readonly number[],
): { outputs: number[]; slopes: number[] } {
  return tf.tidy(() => {
    const { output, cache } = box.forward(constant(xs, [xs.length]));
    const gradInput = box.backpropToInput(tf.onesLike(output), cache);
    return { outputs: withoutNegativeZero(output), slopes: withoutNegativeZero(gradInput) };
  });
}

function withoutNegativeZero(tensor: tf.Tensor): number[] {
  return Array.from(tensor.dataSync(), (value) => value + 0);
}
