import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../lib/geometry.ts';
import { Rng } from '../../lib/rng.ts';
import { AdaptiveMaxPool2D } from '../../modules/adaptiveMaxPool2d.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { expectAllClose, image, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('windows overlap if the output size does not divide the input size', () => {
    const box = new AdaptiveMaxPool2D([1, 2]);
    const { output, cache } = box.forward(image([[2, 4, 6, 1, -3]]));
    // The windows are cells 0 to 2 and cells 2 to 4.
    expect(rowsOf(output)).toEqual([[6, 6]]);
    expect(rowsOf(box.backpropToInput(image([[3, 8]]), cache))).toEqual([[0, 0, 3 + 8, 0, 0]]);
  });

  test('windows of different sizes, with negative values', () => {
    const box = new AdaptiveMaxPool2D([1, 3]);
    const { output, cache } = box.forward(image([[-1, -2, -4, -3, -5, -7, -6]]));
    // The windows are cells 0 to 2, 2 to 4 and 4 to 6.
    expect(rowsOf(output)).toEqual([[-1, -3, -5]]);
    expect(rowsOf(box.backpropToInput(image([[1, 2, 4]]), cache))).toEqual([[1, 0, 0, 2, 4, 0, 0]]);
  });

  test('pixels are repeated if there are fewer pixels than windows', () => {
    const box = new AdaptiveMaxPool2D([1, 3]);
    const { output, cache } = box.forward(image([[2, 4]]));
    // The windows are cell 0, both cells, and cell 1.
    expect(rowsOf(output)).toEqual([[2, 4, 4]]);
    expect(rowsOf(box.backpropToInput(image([[1, 2, 4]]), cache))).toEqual([[1, 2 + 4]]);
  });

  // 5 rows in 4 windows of 2 slide; 5 columns in 3 windows of 2, 3 and 2 do not.
  test('among equals the first wins, row by row, also where windows differ in size', () => {
    const box = new AdaptiveMaxPool2D([4, 3]);
    const { output, cache } = box.forward(tf.zeros([1, 5, 5, 1]));
    expect(rowsOf(output)).toEqual(Array.from({ length: 4 }, () => [0, 0, 0]));
    const gradOutput = [1, 10, 100, 1000].map((g) => [g, 2 * g, 4 * g]);
    expect(rowsOf(box.backpropToInput(image(gradOutput), cache))).toEqual([
      [1, 2, 0, 4, 0],
      [10, 20, 0, 40, 0],
      [100, 200, 0, 400, 0],
      [1000, 2000, 0, 4000, 0],
      [0, 0, 0, 0, 0],
    ]);
  });

  test('NaN and ∞ reach only the windows that contain them', () => {
    const box = new AdaptiveMaxPool2D([1, 3]);
    const { output, cache } = box.forward(image([[1, NaN, 2, Infinity]]));
    // The windows are cells 0 and 1, 1 and 2, 2 and 3.
    expect(rowsOf(output)).toEqual([[NaN, NaN, Infinity]]);
    expect(rowsOf(box.backpropToInput(image([[1, 2, 4]]), cache))).toEqual([[0, 1 + 2, 0, 4]]);
  });

  test('is MaxPool2D if the output size divides the input size', () => {
    const rng = new Rng(2);
    const x = Grid.random([2, 6, 8, 3], rng);
    const g = Grid.random([2, 3, 2, 3], rng);
    const [adaptive, plain] = [new AdaptiveMaxPool2D([3, 2]), new MaxPool2D([2, 4])];
    const [a, b] = [adaptive.forward(x.tensor()), plain.forward(x.tensor())];
    expectAllClose(a.output, { shape: g.shape, values: [...b.output.dataSync()] });
    const gradPlain = plain.backpropToInput(g.tensor(), b.cache);
    expectAllClose(adaptive.backpropToInput(g.tensor(), a.cache), {
      shape: x.shape,
      values: [...gradPlain.dataSync()],
    });
  });
});

describeFixture('adaptiveMaxPool2d', (outputSize: Pair) => new AdaptiveMaxPool2D(outputSize));

const small = () => new AdaptiveMaxPool2D([3, 2]);

describeContract(small, () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 2, 3, 2])]);

describeRefusals([
  [
    'AdaptiveMaxPool2D.forward: expected input of shape [N, H, W, C], got [4, 5, 2]',
    () => small().forward(blank([4, 5, 2])),
  ],
  [
    'AdaptiveMaxPool2D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 4, 5, 2], 'int32')),
  ],
  [
    'AdaptiveMaxPool2D.backpropToInput: expected gradOutput of shape [2, 3, 2, 3], got [2, 3, 3, 3]',
    () => small().backpropToInput(blank([2, 3, 3, 3]), small().forward(blank([2, 4, 5, 3])).cache),
  ],
  [
    'AdaptiveMaxPool2D: expected outputSize to be an integer of at least 1, or a pair [height, width], got [0, 2]',
    () => new AdaptiveMaxPool2D([0, 2]),
  ],
]);

describeFacts({
  'windows that tile the rows and overlap along the columns': {
    box: () => new AdaptiveMaxPool2D([2, 3]),
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
    words: 'AdaptiveMaxPool2D to 2x3',
  },
});
