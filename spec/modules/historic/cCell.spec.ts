import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../../lib/geometry.ts';
import { CCell, type CCellOptions } from '../../../modules/historic/cCell.ts';
import { expectAllClose } from '../../support/compare.ts';
import { describeContract } from '../../support/contract.ts';
import { describeFacts } from '../../support/facts.ts';
import { describeFixture, eachBackend } from '../../support/fixtures.ts';
import { blank, describeRefusals } from '../../support/refusals.ts';

eachBackend('by hand', () => {
  test('forward and backward', () => {
    const box = new CCell(2, 1, { alpha: 0.5 });
    const { output, cache } = box.forward(tf.tensor4d([5, 1], [1, 1, 1, 2]));
    // v = 3 is the mean; x = (6/4 − 1, 2/4 − 1); ψ = (0.5/1, 0).
    expectAllClose(output, { shape: [1, 1, 1, 2], values: [0.5, 0] });
    // ∂C/∂x_1 = 8 · 0.5/1² = 4 and ∂C/∂v = −4 · 1.5/4 = −1.5. Input 1 gets 4/4 and half of ∂C/∂v;
    // input 2 gets half of ∂C/∂v.
    const gradInput = box.backpropToInput(tf.tensor4d([8, 100], [1, 1, 1, 2]), cache);
    expectAllClose(gradInput, { shape: [1, 1, 1, 2], values: [1 - 0.75, -0.75] });
  });

  test('planes with equal inputs give 0', () => {
    const { output } = new CCell(3, 2).forward(tf.ones([1, 2, 3, 3]));
    expect(Math.max(...output.dataSync().map(Math.abs))).toBeLessThan(1e-6);
  });

  test('the outputs of weak cells are not lost by rounding near 1', () => {
    const { output } = new CCell(2, 1, { alpha: 1 }).forward(
      tf.tensor4d([3e-9, 1e-9], [1, 1, 1, 2]),
    );
    expectAllClose(output, { shape: [1, 1, 1, 2], values: [1e-9, 0] });
  });

  test('the window weights decrease from the middle and sum to the total in each plane', () => {
    const window = new CCell(2, [3, 1], { decay: 0.5 }).window();
    expectAllClose(window, { shape: [3, 1, 2, 1], values: [1, 1, 2, 2, 1, 1].map((d) => d / 4) });
    const stronger = new CCell(2, [3, 1], { decay: 0.5, total: 6 }).window();
    expectAllClose(stronger, {
      shape: [3, 1, 2, 1],
      values: [1, 1, 2, 2, 1, 1].map((d) => (d * 6) / 4),
    });
  });
});

describeFixture('cCell', (planes: number, kernelSize: Pair, options: CCellOptions) => {
  return new CCell(planes, kernelSize, options);
});

describeContract(
  () => new CCell(2, [2, 1], { padding: 1 }),
  () => [
    tf.reshape(tf.linspace(0, 2, 60), [2, 3, 5, 2]),
    tf.reshape(tf.linspace(2, 0, 12), [1, 2, 3, 2]),
  ],
);

const small = () => new CCell(2, 1);
const cache = () => small().forward(blank([4, 2, 3, 2])).cache;

describeRefusals([
  [
    'CCell: unknown option alphas; did you mean alpha?',
    () => new CCell(2, 1, { alphas: 1 } as never),
  ],
  [
    'CCell.forward: expected input of shape [N, H, W, 2], got [4, 2, 3, 1]',
    () => small().forward(blank([4, 2, 3, 1])),
  ],
  [
    'CCell.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([4, 2, 3, 2], 'int32')),
  ],
  [
    'CCell.forward: expected a padded input of at least 3x3 for the kernel, got 2x5',
    () => new CCell(1, 3).forward(blank([1, 2, 5, 1])),
  ],
  [
    'CCell.backpropToInput: expected gradOutput of shape [4, 2, 3, 2], got [4, 2, 3, 1]',
    () => small().backpropToInput(blank([4, 2, 3, 1]), cache()),
  ],
  ['CCell: expected alpha to be a number above 0, got 0', () => new CCell(2, 1, { alpha: 0 })],
  ['CCell: expected total to be a number above 0, got 0', () => new CCell(2, 1, { total: 0 })],
  ['CCell: expected decay to be a number above 0, got NaN', () => new CCell(2, 1, { decay: NaN })],
  ['CCell: expected planes to be an integer of at least 1, got 0', () => new CCell(0, 1)],
  [
    'CCell: expected padding to be an integer of at least 0, or a pair [height, width], got -1',
    () => new CCell(2, 1, { padding: -1 }),
  ],
]);

describeFacts({
  'the mean takes all planes': {
    box: () => new CCell(3, [2, 3], { stride: [2, 1], padding: [0, 1] }),
    input: [1, 5, 4, 3],
    output: [1, 2, 4, 3],
    multiplyAdds: 0,
    window: [
      [2, 2],
      [3, 1],
    ],
    inputs: [
      [
        [1, 0, 2],
        [
          [2, 3],
          [0, 1],
          [0, 2],
        ],
      ],
      [
        [0, 2, 0],
        [
          [0, 1],
          [1, 3],
          [0, 2],
        ],
      ],
    ],
    words: '3 planes of C-cells: 2x3 filters at stride 2x1, pad 0x1',
  },
});
