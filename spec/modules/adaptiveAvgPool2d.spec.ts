import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../lib/geometry.ts';
import { Rng } from '../../lib/rng.ts';
import { AdaptiveAvgPool2D } from '../../modules/adaptiveAvgPool2d.ts';
import { AvgPool2D } from '../../modules/avgPool2d.ts';
import { expectAllClose, image, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('windows overlap if the output size does not divide the input size', () => {
    const box = new AdaptiveAvgPool2D([1, 2]);
    const { output, cache } = box.forward(image([[2, 4, 6, 8, 16]]));
    // The windows are cells 0 to 2 and cells 2 to 4.
    expect(rowsOf(output)).toEqual([[4, 10]]);
    expect(rowsOf(box.backpropToInput(image([[3, 6]]), cache))).toEqual([[1, 1, 1 + 2, 2, 2]]);
  });

  test('pixels are repeated if there are fewer pixels than windows', () => {
    const box = new AdaptiveAvgPool2D([1, 3]);
    const { output, cache } = box.forward(image([[2, 4]]));
    expect(rowsOf(output)).toEqual([[2, 3, 4]]);
    expect(rowsOf(box.backpropToInput(image([[1, 2, 4]]), cache))).toEqual([[1 + 1, 1 + 4]]);
  });

  test('is AvgPool2D if the output size divides the input size', () => {
    const rng = new Rng(2);
    const x = Grid.random([2, 6, 8, 3], rng);
    const g = Grid.random([2, 3, 2, 3], rng);
    const [adaptive, plain] = [new AdaptiveAvgPool2D([3, 2]), new AvgPool2D([2, 4])];
    const [a, b] = [adaptive.forward(x.tensor()), plain.forward(x.tensor())];
    expectAllClose(a.output, { shape: g.shape, values: [...b.output.dataSync()] });
    const gradPlain = plain.backpropToInput(g.tensor(), b.cache);
    expectAllClose(adaptive.backpropToInput(g.tensor(), a.cache), {
      shape: x.shape,
      values: [...gradPlain.dataSync()],
    });
  });
});

describeFixture('adaptiveAvgPool2d', (outputSize: Pair) => new AdaptiveAvgPool2D(outputSize));

const small = () => new AdaptiveAvgPool2D([3, 2]);

describeContract(small, () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 2, 3, 2])]);

describeRefusals([
  [
    'AdaptiveAvgPool2D.forward: expected input of shape [N, H, W, C], got [4, 5, 2]',
    () => small().forward(blank([4, 5, 2])),
  ],
  [
    'AdaptiveAvgPool2D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 4, 5, 2], 'int32')),
  ],
  [
    'AdaptiveAvgPool2D.backpropToInput: expected gradOutput of shape [2, 3, 2, 3], got [2, 3, 3, 3]',
    () => small().backpropToInput(blank([2, 3, 3, 3]), small().forward(blank([2, 4, 5, 3])).cache),
  ],
  [
    'AdaptiveAvgPool2D: expected outputSize to be an integer of at least 1, or a pair [height, width], got [0, 2]',
    () => new AdaptiveAvgPool2D([0, 2]),
  ],
]);

describeFacts({
  'windows that tile the rows and overlap along the columns': {
    box: () => new AdaptiveAvgPool2D([2, 3]),
    input: [1, 6, 7, 2],
    output: [1, 2, 3, 2],
    multiplyAdds: 0,
    window: [
      [3, 3],
      [4, 7 / 3],
    ],
    inputs: [
      [
        [0, 1, 0],
        [
          [0, 2],
          [2, 4],
          [0, 0],
        ],
      ],
      [
        [1, 0, 1],
        [
          [3, 5],
          [0, 2],
          [1, 1],
        ],
      ],
      [
        [1, 2, 1],
        [
          [3, 5],
          [4, 6],
          [1, 1],
        ],
      ],
    ],
    words: 'AdaptiveAvgPool2D to 2x3',
  },
});
