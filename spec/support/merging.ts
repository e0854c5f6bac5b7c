import * as tf from '@tensorflow/tfjs-core';
import { disposeTensors } from '../../lib/memory.ts';
import type { Module } from '../../lib/module.ts';
import { expectNoLeak, numbers } from './compare.ts';
import { describeContract } from './contract.ts';
import { describeFixture, eachBackend } from './fixtures.ts';
import { blank, describeRefusals, disposed } from './refusals.ts';
import { Stacked } from './stacked.ts';

type Merge = Module<readonly tf.Tensor[], tf.Tensor>;

/** Compares a box that merges tensors with PyTorch, and tests its contract and its errors. */
export function describeMerging(name: string, file: string, make: () => Merge): void {
  const stacked = () => new Stacked(make());
  describeFixture(file, stacked);
  describeContract(stacked, () => [
    tf.reshape(tf.linspace(-2, 2, 18), [3, 2, 3]),
    tf.reshape(tf.linspace(-1, 3, 10), [2, 1, 5]),
  ]);
  eachBackend('the caller owns the results', () => {
    test.each([1, 2])(
      'inputs: %d; disposing one result changes no other, and nothing leaks',
      (count) => {
        expectNoLeak(() => {
          const inputs = Array.from({ length: count }, (_, k) => tf.tensor1d([k, 2]));
          const { output, cache } = make().forward(inputs);
          disposeTensors(inputs);
          expect(output.isDisposed).toBe(false);
          const gradOutput = tf.onesLike(output);
          disposeTensors(output);
          const grads = make().backpropToInput(gradOutput, cache);
          disposeTensors([gradOutput, cache]);
          for (const grad of grads) {
            expect(grad.isDisposed).toBe(false);
            disposeTensors(grad);
          }
        });
      },
    );
  });

  const forward = (inputs: () => unknown) => () => make().forward(inputs() as tf.Tensor[]);
  describeRefusals([
    [`${name}.forward: expected a list of tensors, got []`, forward(() => [])],
    [`${name}.forward: expected a list of tensors, got []`, () => make().facts([])],
    [`${name}.forward: expected a list of tensors, got Tensor`, forward(() => blank([2]))],
    [`${name}.forward: expected input to be a tensor, got 3`, forward(() => [blank([2]), 3])],
    [
      `${name}.forward: expected input of dtype float32, got int32`,
      forward(() => [blank([2]), blank([2], 'int32')]),
    ],
    [
      `${name}.forward: expected input to be alive, got a disposed tensor`,
      forward(() => [blank([2]), disposed([2])]),
    ],
  ]);
}

/** The output and the gradients of each input, as nested arrays. */
export function mergedAndBack(box: Merge, inputs: readonly tf.Tensor[], gradOutput: tf.Tensor) {
  const { output, cache } = box.forward(inputs);
  return { output: numbers(output), grads: box.backpropToInput(gradOutput, cache).map(numbers) };
}

/**
 * Tests the facts and errors of a merge whose inputs must all have the same shape.
 *
 * @param expected the shapes that the errors expect.
 * @param unlike a shape that does not fit [2, 3].
 */
export function describeUnlike(
  name: string,
  make: () => Merge,
  expected = 'one shape',
  unlike = [2, 1],
): void {
  test.each([
    [[2, 3, 4], 2],
    [[5], 1],
    [[], 3],
  ])('facts for inputs of shape %j; number of inputs: %d', (shape, count) => {
    const inputs = Array.from({ length: count }, () => shape);
    const facts = { outputShape: shape, window: 'elementwise', multiplyAdds: 0 };
    expect(make().facts(inputs)).toEqual(facts);
  });

  const two = () => make().forward([blank([2, 3]), blank([2, 3])]).cache;
  describeRefusals([
    [
      `${name}.forward: expected inputs of ${expected}, got [2, 3] and [${unlike.join(', ')}]`,
      () => make().forward([blank([2, 3]), blank(unlike)]),
    ],
    [
      `${name}.forward: expected inputs of ${expected}, got [2, 3] and [${unlike.join(', ')}]`,
      () => make().facts([[2, 3], unlike]),
    ],
    [
      `${name}.forward: expected inputs of ${expected}, got [3] and [1, 3] and [3]`,
      () => make().forward([blank([3]), blank([1, 3]), blank([3])]),
    ],
    [
      `${name}.backpropToInput: expected gradOutput of shape [2, 3], got [2, 1]`,
      () => make().backpropToInput(blank([2, 1]), two()),
    ],
    [
      `${name}.backpropToInput: expected gradOutput of dtype float32, got int32`,
      () => make().backpropToInput(blank([2, 3], 'int32'), two()),
    ],
  ]);
}
