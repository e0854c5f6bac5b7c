import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../lib/rng.ts';
import { AdaptiveAvgPool2D } from '../../modules/adaptiveAvgPool2d.ts';
import { GlobalAvgPool2D } from '../../modules/globalAvgPool2d.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('two channels of 1x4', () => {
    const box = new GlobalAvgPool2D();
    const { output, cache } = box.forward(tf.tensor4d([1, 10, 2, 20, 3, 30, -2, 60], [1, 1, 4, 2]));
    expect(numbers(output)).toEqual([[1, 30]]);
    const gradInput = box.backpropToInput(tf.tensor2d([[4, -8]]), cache);
    expect(numbers(gradInput)).toEqual([
      [
        [
          [1, -2],
          [1, -2],
          [1, -2],
          [1, -2],
        ],
      ],
    ]);
  });

  test('is AdaptiveAvgPool2D(1) without the axes of the image', () => {
    const rng = new Rng(2);
    const x = Grid.random([3, 5, 4, 2], rng);
    const g = Grid.random([3, 2], rng);
    const [one, other] = [new GlobalAvgPool2D(), new AdaptiveAvgPool2D(1)];
    const [a, b] = [one.forward(x.tensor()), other.forward(x.tensor())];
    expect(b.output.shape).toEqual([3, 1, 1, 2]);
    expectAllClose(a.output, { shape: [3, 2], values: [...b.output.dataSync()] });
    const gradOther = other.backpropToInput(new Grid([3, 1, 1, 2], g.values).tensor(), b.cache);
    expectAllClose(one.backpropToInput(g.tensor(), a.cache), {
      shape: x.shape,
      values: [...gradOther.dataSync()],
    });
  });
});

describeFixture('globalAvgPool2d', () => new GlobalAvgPool2D());

describeContract(
  () => new GlobalAvgPool2D(),
  () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 2, 3, 2])],
);

describeRefusals([
  [
    'GlobalAvgPool2D.forward: expected input of shape [N, H, W, C], got [4, 5]',
    () => new GlobalAvgPool2D().forward(blank([4, 5])),
  ],
  [
    'GlobalAvgPool2D.forward: expected input of dtype float32, got int32',
    () => new GlobalAvgPool2D().forward(blank([2, 4, 5, 2], 'int32')),
  ],
  [
    'GlobalAvgPool2D.backpropToInput: expected gradOutput of shape [2, 3], got [2, 1, 1, 3]',
    () => {
      const box = new GlobalAvgPool2D();
      box.backpropToInput(blank([2, 1, 1, 3]), box.forward(blank([2, 4, 5, 3])).cache);
    },
  ],
]);

describeFacts({
  'all positions of the same channel': {
    box: () => new GlobalAvgPool2D(),
    input: [2, 3, 4, 5],
    output: [2, 5],
    multiplyAdds: 0,
    window: 'globalPerChannel',
    inputs: [
      [
        [3],
        [
          [0, 2],
          [0, 3],
          [3, 3],
        ],
      ],
    ],
  },
});
