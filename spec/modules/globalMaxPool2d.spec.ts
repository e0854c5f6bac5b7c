import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../lib/rng.ts';
import { AdaptiveMaxPool2D } from '../../modules/adaptiveMaxPool2d.ts';
import { GlobalMaxPool2D } from '../../modules/globalMaxPool2d.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('two channels of 2x2; among equals the first wins, row by row', () => {
    const box = new GlobalMaxPool2D();
    const { output, cache } = box.forward(tf.tensor4d([1, -5, 7, -2, 7, -2, 3, -9], [1, 2, 2, 2]));
    expect(numbers(output)).toEqual([[7, -2]]);
    const gradInput = box.backpropToInput(tf.tensor2d([[4, -8]]), cache);
    // prettier-ignore
    expect(numbers(gradInput)).toEqual([[[[0, 0], [4, -8]], [[0, 0], [0, 0]]]]);
  });

  test('NaN and ∞ are the maximum of their channel only', () => {
    const box = new GlobalMaxPool2D();
    const values = [1, NaN, 2, Infinity, 3, 4, 5, 6, -Infinity];
    const { output, cache } = box.forward(tf.tensor4d(values, [1, 1, 3, 3]));
    expect(numbers(output)).toEqual([[Infinity, NaN, 4]]);
    const gradInput = box.backpropToInput(tf.tensor2d([[1, 2, 3]]), cache);
    // prettier-ignore
    expect(numbers(gradInput)).toEqual([[[[0, 2, 0], [1, 0, 3], [0, 0, 0]]]]);
  });

  test('is AdaptiveMaxPool2D(1) without the axes of the image', () => {
    const rng = new Rng(2);
    const x = Grid.random([3, 5, 4, 2], rng);
    const g = Grid.random([3, 2], rng);
    const [one, other] = [new GlobalMaxPool2D(), new AdaptiveMaxPool2D(1)];
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

describeFixture('globalMaxPool2d', () => new GlobalMaxPool2D());

describeContract(
  () => new GlobalMaxPool2D(),
  () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 2, 3, 2])],
);

describeRefusals([
  [
    'GlobalMaxPool2D.forward: expected input of shape [N, H, W, C], got [4, 5]',
    () => new GlobalMaxPool2D().forward(blank([4, 5])),
  ],
  [
    'GlobalMaxPool2D.forward: expected input of dtype float32, got int32',
    () => new GlobalMaxPool2D().forward(blank([2, 4, 5, 2], 'int32')),
  ],
  [
    'GlobalMaxPool2D.backpropToInput: expected gradOutput of shape [2, 3], got [2, 1, 1, 3]',
    () => {
      const box = new GlobalMaxPool2D();
      box.backpropToInput(blank([2, 1, 1, 3]), box.forward(blank([2, 4, 5, 3])).cache);
    },
  ],
]);

describeFacts({
  'all positions of the same channel': {
    box: () => new GlobalMaxPool2D(),
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
