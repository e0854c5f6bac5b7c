import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../lib/geometry.ts';
import { Rng } from '../../lib/rng.ts';
import { AvgPool2D } from '../../modules/avgPool2d.ts';
import { SumPool2D, type SumPool2DOptions } from '../../modules/sumPool2d.ts';
import { expectAllClose, image, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('overlapping windows', () => {
    const box = new SumPool2D([2, 3], { stride: 1, padding: [0, 1] });
    const { output, cache } = box.forward(
      image([
        [1, 2, 3],
        [4, 5, -6],
      ]),
    );
    expect(rowsOf(output)).toEqual([[12, 9, 4]]);
    expect(rowsOf(box.backpropToInput(image([[1, 2, 4]]), cache))).toEqual([
      [1 + 2, 1 + 2 + 4, 2 + 4],
      [1 + 2, 1 + 2 + 4, 2 + 4],
    ]);
  });

  test.each<[string, Pair, SumPool2DOptions]>([
    ['tiles', [2, 3], {}],
    ['padded', 3, { stride: [2, 1], padding: 1 }],
    ['"same"', [2, 4], { stride: 2, padding: 'same' }],
  ])('is AvgPool2D times the size of the window: %s', (_, kernelSize, options) => {
    const rng = new Rng(5);
    const x = Grid.random([2, 7, 8, 3], rng);
    const sums = new SumPool2D(kernelSize, options);
    const means = new AvgPool2D(kernelSize, options);
    const size = tf.scalar(sums.kernelSize[0] * sums.kernelSize[1]);
    const scaled = (mean: tf.Tensor) => ({
      shape: mean.shape,
      values: [...tf.mul(mean, size).dataSync()],
    });
    const [sum, mean] = [sums.forward(x.tensor()), means.forward(x.tensor())];
    expectAllClose(sum.output, scaled(mean.output));
    const g = Grid.random(sum.output.shape, rng);
    const toMean = means.backpropToInput(g.tensor(), mean.cache);
    expectAllClose(sums.backpropToInput(g.tensor(), sum.cache), scaled(toMean));
  });
});

describeFixture(
  'sumPool2d',
  (kernelSize: Pair, options: SumPool2DOptions) => new SumPool2D(kernelSize, options),
);

const small = (options: SumPool2DOptions = {}) => new SumPool2D([2, 3], options);

describeContract(small, () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 2, 3, 2])]);

describeRefusals([
  [
    'SumPool2D: unknown option strides; did you mean stride?',
    () => new SumPool2D(2, { strides: 2 } as never),
  ],
  [
    'SumPool2D.forward: expected input of shape [N, H, W, C], got [4, 5, 2]',
    () => small().forward(blank([4, 5, 2])),
  ],
  [
    'SumPool2D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 4, 5, 2], 'int32')),
  ],
  [
    'SumPool2D.backpropToInput: expected gradOutput of shape [2, 2, 1, 3], got [2, 2, 1, 1]',
    () => small().backpropToInput(blank([2, 2, 1, 1]), small().forward(blank([2, 4, 5, 3])).cache),
  ],
  [
    'SumPool2D.forward: expected a padded input of at least 2x3 for the kernel, got 4x2',
    () => small().forward(blank([2, 4, 2, 1])),
  ],
  [
    'SumPool2D: expected padding of at most half the kernel, 1x1, got 1x2',
    () => small({ padding: [1, 2] }),
  ],
  [
    'SumPool2D: expected kernelSize to be an integer of at least 1, or a pair [height, width], got 0',
    () => new SumPool2D(0),
  ],
  [
    'SumPool2D: expected stride to be an integer of at least 1, or a pair [height, width], got 0.5',
    () => small({ stride: 0.5 }),
  ],
  [
    'SumPool2D: expected padding to be "valid", "same", an integer or a pair [height, width], got "half"',
    () => small({ padding: 'half' as 'same' }),
  ],
]);

describeFacts({
  '"same" puts the odd cell after': {
    box: () => new SumPool2D([2, 3], { stride: [2, 1], padding: 'same' }),
    input: [1, 5, 4, 2],
    output: [1, 3, 4, 2],
    multiplyAdds: 0,
    window: [
      [2, 2],
      [3, 1],
    ],
    inputs: [
      [
        [0, 1, 0],
        [
          [0, 1],
          [0, 2],
          [0, 0],
        ],
      ],
      [
        [2, 0, 1],
        [
          [4, 4],
          [0, 1],
          [1, 1],
        ],
      ],
    ],
    words: 'SumPool2D: 2x3 filters at stride 2x1, pad same',
  },
});
