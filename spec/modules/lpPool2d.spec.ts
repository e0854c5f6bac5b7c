import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../lib/geometry.ts';
import { Rng } from '../../lib/rng.ts';
import { LPPool2D, type LPPool2DOptions } from '../../modules/lpPool2d.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { SumPool2D } from '../../modules/sumPool2d.ts';
import { expectAllClose, image, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

/** The output and input gradient of a single 1x4 window. */
function window(p: number, values: number[], gradOutput: number) {
  const box = new LPPool2D(p, [1, 4]);
  const { output, cache } = box.forward(image([values]));
  return { output, gradInput: box.backpropToInput(image([[gradOutput]]), cache) };
}

const row = (...values: number[]) => ({ shape: [1, 1, values.length, 1], values });

eachBackend('by hand', () => {
  test('p = 2 is the Euclidean norm of signed inputs', () => {
    const { output, gradInput } = window(2, [1, -4, 2, -2], 10);
    expectAllClose(output, row(5));
    expectAllClose(gradInput, row(2, -8, 4, -4)); // g x / |y|
  });

  test('p = 3 takes the real root of a negative sum', () => {
    const { output, gradInput } = window(3, [-2, -1, 0, 1], 1); // s = -8
    expectAllClose(output, row(-2));
    expectAllClose(gradInput, row(4 / 4, 1 / 4, 0, 1 / 4)); // x² / |y|²
  });

  test.each([1, 2, 3, 4, 2.5])('the gradient is 0 if the sum is 0: p = %s', (p) => {
    const { output, gradInput } = window(p, [0, 0, 0, 0], 7);
    expect(rowsOf(output)).toEqual([[0]]);
    expect(rowsOf(gradInput)).toEqual([[0, 0, 0, 0]]);
  });

  test.each([1, 3])('the gradient is 0 if positive and negative values cancel: p = %s', (p) => {
    const { output, gradInput } = window(p, [1, -1, 2, -2], 7);
    expect(rowsOf(output)).toEqual([[0]]);
    expect(rowsOf(gradInput)).toEqual([[0, 0, 0, 0]]);
  });

  test('a negative input gives NaN if p is not an integer', () => {
    expect(rowsOf(window(2.5, [1, -4, 2, 2], 1).output)).toEqual([[NaN]]);
  });

  test('ceil mode fills an incomplete window with the average of its values', () => {
    const box = new LPPool2D(2, [1, 3], { ceilMode: true });
    const { output, cache } = box.forward(image([[2, 1, 2, 5]]));
    expectAllClose(output, row(3, 5 * Math.sqrt(3)));
    // The gradient of the last window is f x / y, where f = 3 is the number of cells per value.
    expectAllClose(box.backpropToInput(image([[3, 1]]), cache), row(2, 1, 2, Math.sqrt(3)));
  });
});

eachBackend('special cases', () => {
  const x = () => Grid.random([2, 5, 6, 3], new Rng(4), 0.5, 2).tensor<tf.Tensor4D>();

  test('p = 1 is SumPool2D', () => {
    const [lp, sum] = [new LPPool2D(1, 2, { stride: 1 }), new SumPool2D(2, { stride: 1 })];
    const [a, b] = [lp.forward(x()), sum.forward(x())];
    const g = Grid.random(a.output.shape, new Rng(5)).tensor<tf.Tensor4D>();
    const packed = ({ shape, values }: { shape: number[]; values: Float32Array }) => ({
      shape,
      values: [...values],
    });
    const read = (t: tf.Tensor) => packed({ shape: t.shape, values: t.dataSync<'float32'>() });
    expectAllClose(a.output, read(b.output));
    expectAllClose(lp.backpropToInput(g, a.cache), read(sum.backpropToInput(g, b.cache)));
  });

  test('a large p comes near MaxPool2D', () => {
    const { output } = new LPPool2D(60, 2).forward(x());
    const largest = new MaxPool2D(2).forward(x()).output;
    expectAllClose(
      output,
      { shape: largest.shape, values: [...largest.dataSync()] },
      'output',
      0.03,
    );
  });
});

describeFixture(
  'lpPool2d',
  (p: number, kernelSize: Pair, options: LPPool2DOptions) => new LPPool2D(p, kernelSize, options),
);

const small = () => new LPPool2D(2, [2, 3]);

describeContract(small, () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 2, 3, 2])]);

describeRefusals([
  [
    'LPPool2D: unknown option padding; expected one of stride, ceilMode',
    () => new LPPool2D(2, 3, { padding: 1 } as never),
  ],
  [
    'LPPool2D.forward: expected input of shape [N, H, W, C], got [4, 5, 2]',
    () => small().forward(blank([4, 5, 2])),
  ],
  [
    'LPPool2D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 4, 5, 2], 'int32')),
  ],
  [
    'LPPool2D.backpropToInput: expected gradOutput of shape [2, 2, 1, 3], got [2, 2, 1, 1]',
    () => small().backpropToInput(blank([2, 2, 1, 1]), small().forward(blank([2, 4, 5, 3])).cache),
  ],
  [
    'LPPool2D.forward: expected a padded input of at least 2x3 for the kernel, got 4x2',
    () => small().forward(blank([2, 4, 2, 1])),
  ],
  ['LPPool2D: expected normType to be a number of at least 1, got 0.5', () => new LPPool2D(0.5, 2)],
  [
    'LPPool2D: expected normType to be a number of at least 1, got Infinity',
    () => new LPPool2D(Infinity, 2),
  ],
  [
    'LPPool2D: expected kernelSize to be an integer of at least 1, or a pair [height, width], got 0',
    () => new LPPool2D(2, 0),
  ],
  [
    'LPPool2D: expected stride to be an integer of at least 1, or a pair [height, width], got 0.5',
    () => new LPPool2D(2, 2, { stride: 0.5 }),
  ],
]);

describeFacts({
  'a last window over the end': {
    box: () => new LPPool2D(2, [2, 3], { stride: [1, 2], ceilMode: true }),
    input: [1, 4, 6, 2],
    output: [1, 3, 3, 2],
    multiplyAdds: 0,
    window: [
      [2, 1],
      [3, 2],
    ],
    inputs: [
      [
        [0, 0, 1],
        [
          [0, 1],
          [0, 2],
          [1, 1],
        ],
      ],
      [
        [1, 2, 0],
        [
          [1, 2],
          [4, 5],
          [0, 0],
        ],
      ],
    ],
    words: 'LPPool2D of norm 2: 2x3 filters at stride 1x2',
  },
});
