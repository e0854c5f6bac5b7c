import * as tf from '@tensorflow/tfjs-core';
import type { Triple } from '../../lib/volume.ts';
import { AvgPool3D, type AvgPool3DOptions } from '../../modules/avgPool3d.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const valuesOf = (x: tf.Tensor) => [...x.dataSync()];
/** A volume of two slices of 1x2 cells. */
const two = (values: number[]) => tf.tensor5d(values, [1, 2, 1, 2, 1]);

eachBackend('by hand', () => {
  test('the mean of all cells, which share the gradient', () => {
    const box = new AvgPool3D([2, 1, 2]);
    const { output, cache } = box.forward(two([1, 2, 3, 10]));
    expect(valuesOf(output)).toEqual([4]);
    const g = tf.tensor5d([8], [1, 1, 1, 1, 1]);
    expect(valuesOf(box.backpropToInput(g, cache))).toEqual([2, 2, 2, 2]);
  });

  test('slices of padding count, unless countIncludePad is false', () => {
    const options = { stride: [2, 1, 1], padding: [1, 0, 0] } as const;
    const counted = new AvgPool3D([2, 1, 2], options).forward(two([1, 3, 6, 10]));
    expect(valuesOf(counted.output)).toEqual([1, 4]);
    const box = new AvgPool3D([2, 1, 2], { ...options, countIncludePad: false });
    const { output, cache } = box.forward(two([1, 3, 6, 10]));
    expect(valuesOf(output)).toEqual([2, 8]);
    const g = tf.tensor5d([4, 6], [1, 2, 1, 1, 1]);
    expect(valuesOf(box.backpropToInput(g, cache))).toEqual([2, 2, 3, 3]);
  });
});

describeFixture(
  'avgPool3d',
  (kernelSize: Triple, options: AvgPool3DOptions) => new AvgPool3D(kernelSize, options),
);

const small = (options: AvgPool3DOptions = {}) => new AvgPool3D([2, 3, 1], options);

describeContract(small, () => [tf.ones([2, 4, 3, 2, 2]), tf.ones([1, 2, 3, 2, 1])]);

describeRefusals([
  [
    'AvgPool3D: unknown option countIncludePadding; did you mean countIncludePad?',
    () => small({ countIncludePadding: true } as never),
  ],
  [
    'AvgPool3D.forward: expected input of shape [N, D, H, W, C], got [4, 4, 4, 1]',
    () => small().forward(blank([4, 4, 4, 1])),
  ],
  [
    'AvgPool3D.backpropToInput: expected gradOutput of shape [1, 2, 1, 2, 1], got [1, 2, 2, 2, 1]',
    () =>
      small().backpropToInput(
        blank([1, 2, 2, 2, 1]),
        small().forward(blank([1, 4, 3, 2, 1])).cache,
      ),
  ],
  [
    'AvgPool3D.forward: expected a padded input of at least 2x3x1 for the kernel, got 4x2x2',
    () => small().forward(blank([1, 4, 2, 2, 1])),
  ],
  [
    'AvgPool3D: expected padding of at most half the kernel, 1x1x0, got 0x2x0',
    () => small({ padding: [0, 2, 0] }),
  ],
]);

describeFacts({
  'windows that overlap': {
    box: () => new AvgPool3D([3, 1, 2], { stride: [2, 1, 1], padding: [1, 0, 0] }),
    input: [2, 5, 2, 4, 3],
    output: [2, 3, 2, 3, 3],
    words: 'AvgPool3D: 3x1x2 filters at stride 2x1x1, pad 1x0x0',
    multiplyAdds: 0,
    window: [
      [3, 2],
      [1, 1],
      [2, 1],
    ],
    inputs: [
      [
        [1, 0, 2, 1],
        [
          [1, 3],
          [0, 0],
          [2, 3],
          [1, 1],
        ],
      ],
    ],
  },
});
