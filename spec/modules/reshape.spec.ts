import * as tf from '@tensorflow/tfjs-core';
import { Reshape } from '../../modules/reshape.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals, disposed } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('keeps the row-major order, and restores the shape backward', () => {
    const box = new Reshape([3, 2]);
    const { output, cache } = box.forward(
      tf.tensor3d([
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ]),
    );
    expect(numbers(output)).toEqual([
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
    ]);
    expect(numbers(box.backpropToInput(output, cache))).toEqual([
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ]);
  });

  test.each([
    { sizes: [-1], shape: [2, 3, 4], expected: [2, 12] },
    { sizes: [4, -1], shape: [2, 3, 4], expected: [2, 4, 3] },
    { sizes: [2, -1, 3], shape: [5, 12], expected: [5, 2, 2, 3] },
    { sizes: [], shape: [5, 1], expected: [5] },
    { sizes: [1, 1], shape: [5], expected: [5, 1, 1] },
  ])('sizes $sizes take $shape to $expected', ({ sizes, shape, expected }) => {
    const box = new Reshape(sizes);
    const { output, cache } = box.forward(tf.zeros(shape));
    expect(output.shape).toEqual(expected);
    expect(box.backpropToInput(output, cache).shape).toEqual(shape);
  });

  test("the caller's array may change afterwards", () => {
    const sizes = [2, 3];
    const box = new Reshape(sizes);
    sizes[0] = 7;
    expect(box.forward(tf.zeros([4, 6])).output.shape).toEqual([4, 2, 3]);
  });
});

describeFixture('reshape', (sizes: number[]) => new Reshape(sizes));

describeContract(
  () => new Reshape([4, -1]),
  () => [tf.reshape(tf.linspace(-2, 2, 24), [2, 3, 4]), tf.reshape(tf.linspace(-1, 3, 24), [3, 8])],
);

const box = new Reshape([4, 3]);

test('facts: the same values in another shape', () => {
  const facts = { outputShape: [5, 4, 3], window: 'identity', multiplyAdds: 0 };
  expect(new Reshape([4, -1]).facts([[5, 2, 6]])).toEqual(facts);
});

describeRefusals([
  [
    'Reshape.forward: expected examples of 12 elements, got 10 of input shape [3, 2, 5]',
    () => box.facts([[3, 2, 5]]),
  ],
  ['Reshape.forward: expected input of rank 1 or more, got shape []', () => box.facts([[]])],
  [
    'Reshape.forward: expected examples of 12 elements, got 10 of input shape [3, 2, 5]',
    () => box.forward(blank([3, 2, 5])),
  ],
  // The batch axis is not part of an example.
  [
    'Reshape.forward: expected examples of 12 elements, got 6 of input shape [2, 6]',
    () => box.forward(blank([2, 6])),
  ],
  [
    'Reshape.forward: expected examples of a multiple of 4 elements, got 6 of input shape [2, 6]',
    () => new Reshape([4, -1]).forward(blank([2, 6])),
  ],
  ['Reshape.forward: expected input of rank 1 or more, got shape []', () => box.forward(blank([]))],
  [
    'Reshape.forward: expected input of dtype float32, got int32',
    () => box.forward(blank([1, 12], 'int32')),
  ],
  [
    'Reshape.forward: expected input to be alive, got a disposed tensor',
    () => box.forward(disposed([1, 12])),
  ],
  [
    'Reshape.backpropToInput: expected gradOutput of shape [2, 4, 3], got [2, 12]',
    () => box.backpropToInput(blank([2, 12]), box.forward(blank([2, 12])).cache),
  ],
  [
    'Reshape: expected at most one -1 among the sizes, got [-1, 2, -1]',
    () => new Reshape([-1, 2, -1]),
  ],
  ['Reshape: expected sizes to be an integer of at least 1, got 0', () => new Reshape([4, 0])],
  ['Reshape: expected sizes to be an integer of at least 1, got -2', () => new Reshape([4, -2])],
  ['Reshape: expected sizes to be an integer of at least 1, got 1.5', () => new Reshape([1.5, -1])],
]);
