import * as tf from '@tensorflow/tfjs-core';
import type { Triple } from '../../lib/volume.ts';
import { MaxPool3D, type MaxPool3DOptions } from '../../modules/maxPool3d.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const valuesOf = (x: tf.Tensor) => [...x.dataSync()];
/** A volume of two slices of 1x3 cells. */
const two = (values: number[]) => tf.tensor5d(values, [1, 2, 1, 3, 1]);

eachBackend('by hand', () => {
  test('a cell that wins several windows gets the sum of their gradients', () => {
    const box = new MaxPool3D([2, 1, 2], { stride: 1 });
    const { output, cache } = box.forward(two([-1, -9, -3, -4, -2, -8]));
    expect(valuesOf(output)).toEqual([-1, -2]);
    const g = tf.tensor5d([5, 6], [1, 1, 1, 2, 1]);
    expect(valuesOf(box.backpropToInput(g, cache))).toEqual([5, 0, 0, 0, 6, 0]);
    const both = box.forward(two([-9, -1, -3, -4, -2, -8]));
    expect(valuesOf(both.output)).toEqual([-1, -1]);
    expect(valuesOf(box.backpropToInput(g, both.cache))).toEqual([0, 11, 0, 0, 0, 0]);
  });

  test('of equals the first one wins, slice by slice and then row by row', () => {
    const box = new MaxPool3D([2, 1, 3]);
    const g = tf.tensor5d([5], [1, 1, 1, 1, 1]);
    const gradOf = (values: number[]) =>
      valuesOf(box.backpropToInput(g, box.forward(two(values)).cache));
    expect(gradOf([0, 7, 0, 7, 0, 0])).toEqual([0, 5, 0, 0, 0, 0]);
    expect(gradOf([0, 0, 0, 0, 7, 7])).toEqual([0, 0, 0, 0, 5, 0]);
  });

  test('padding is never the maximum, and NaN always is', () => {
    const box = new MaxPool3D([3, 1, 1], { stride: 1, padding: [1, 0, 0] });
    expect(valuesOf(box.infer(two([-1, -5, NaN, -4, -2, -8])))).toEqual([-1, -2, NaN, -1, -2, NaN]);
  });
});

describeFixture(
  'maxPool3d',
  (kernelSize: Triple, options: MaxPool3DOptions) => new MaxPool3D(kernelSize, options),
);

const small = (options: MaxPool3DOptions = {}) => new MaxPool3D([2, 3, 1], options);

describeContract(small, () => [
  tf.reshape(tf.range(0, 96), [2, 4, 3, 2, 2]),
  tf.ones([1, 2, 3, 2, 1]),
]);

describeRefusals([
  [
    'MaxPool3D: unknown option ceilmode; did you mean ceilMode?',
    () => small({ ceilmode: true } as never),
  ],
  [
    'MaxPool3D.forward: expected input of shape [N, D, H, W, C], got [4, 4, 4, 1]',
    () => small().forward(blank([4, 4, 4, 1])),
  ],
  [
    'MaxPool3D.backpropToInput: expected gradOutput of shape [1, 2, 1, 2, 1], got [1, 2, 2, 2, 1]',
    () =>
      small().backpropToInput(
        blank([1, 2, 2, 2, 1]),
        small().forward(blank([1, 4, 3, 2, 1])).cache,
      ),
  ],
  [
    'MaxPool3D.forward: expected a padded input of at least 2x3x1 for the kernel, got 4x2x2',
    () => small().forward(blank([1, 4, 2, 2, 1])),
  ],
  [
    'MaxPool3D: expected padding of at most half the kernel, 1x1x0, got 1x1x1',
    () => small({ padding: 1 }),
  ],
  [
    'MaxPool3D: expected kernelSize to be an integer of at least 1, or [depth, height, width], got 0',
    () => new MaxPool3D(0),
  ],
]);

describeFacts({
  'a last window over the end': {
    box: () => new MaxPool3D([3, 1, 2], { stride: [2, 1, 2], padding: [1, 0, 0], ceilMode: true }),
    input: [2, 6, 2, 4, 3],
    output: [2, 4, 2, 2, 3],
    words: 'MaxPool3D: 3x1x2 filters at stride 2x1x2, pad 1x0x0',
    multiplyAdds: 0,
    window: [
      [3, 2],
      [1, 1],
      [2, 2],
    ],
    inputs: [
      [
        [3, 1, 0, 2],
        [
          [5, 5],
          [1, 1],
          [0, 1],
          [2, 2],
        ],
      ],
    ],
  },
});
