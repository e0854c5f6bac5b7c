import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../lib/backend/useBackend.ts';
import type { Pair } from '../../../lib/geometry.ts';
import { values, zeros } from '../../../lib/init/initializers.ts';
import { Rng } from '../../../lib/rng.ts';
import { SCell, type SCellOptions } from '../../../modules/historic/sCell.ts';
import { expectAllClose } from '../../support/compare.ts';
import { describeContract } from '../../support/contract.ts';
import { describeFacts } from '../../support/facts.ts';
import { describeFixture, eachBackend } from '../../support/fixtures.ts';
import { blank, describeRefusals } from '../../support/refusals.ts';

/** An SCell from one pixel of two planes to two cells. With r = 1 the factor 2r/(1+r) is 1. */
function small(): SCell {
  const init = values([
    [1, 2],
    [3, 0],
  ]);
  const box = new SCell(2, 2, 1, { r: 1, init });
  tf.tidy(() => box.params.inhibition.assign(tf.tensor1d([0.2, 1])));
  return box;
}

eachBackend('by hand', () => {
  test('forward and both gradients', () => {
    const box = small();
    const { output, cache } = box.forward(tf.tensor4d([1, 7], [1, 1, 1, 2]));
    // v = √((1 + 49)/2) = 5; e = (1 + 21, 2); h = (1, 5); x = (23/2 − 1, 3/6 − 1). The second cell
    // gives 0.
    expectAllClose(output, { shape: [1, 1, 1, 2], values: [10.5, 0] });
    const g = tf.tensor4d([4, 100], [1, 1, 1, 2]);
    // ∂C/∂e = 4/2, ∂C/∂h = −4 · 11.5/2 = −23, ∂C/∂v = −23 · 0.2; ∂v/∂u = c u/v = (0.1, 0.7)
    const gradInput = [2 * 1 - 4.6 * 0.1, 2 * 3 - 4.6 * 0.7];
    expectAllClose(box.backpropToInput(g, cache), { shape: [1, 1, 1, 2], values: gradInput });
    const { weight, inhibition } = box.backpropToParams(g, cache);
    expectAllClose(weight, { shape: [1, 1, 2, 2], values: [2, 0, 14, 0] });
    expectAllClose(inhibition, { shape: [2], values: [-23 * 5, 0] });
  });

  test('an input of zeros gives 0 with finite gradients', () => {
    const box = small();
    const { output, cache } = box.forward(tf.zeros([1, 2, 1, 2]));
    expect([...output.dataSync()]).toEqual([0, 0, 0, 0]);
    const { gradInput, gradParams } = box.backprop(tf.ones([1, 2, 1, 2]), cache);
    for (const grad of [gradInput, ...Object.values(gradParams)]) {
      expect(grad.dataSync().every((value) => Math.abs(value) === 0)).toBe(true);
    }
  });

  test('the small output of a new cell is not lost by rounding near 1', () => {
    const box = new SCell(1, 1, 1, { r: 1, init: values([1e-6]) });
    const { output } = box.forward(tf.tensor4d([1e-3], [1, 1, 1, 1]));
    expectAllClose(output, { shape: [1, 1, 1, 1], values: [1e-9] });
  });

  test('the inhibition weights decrease from the middle and sum to 1 over window and planes', () => {
    const window = new SCell(2, 3, [1, 3], { decay: 0.5, init: zeros }).window();
    expectAllClose(window, { shape: [1, 3, 2, 1], values: [1, 1, 2, 2, 1, 1].map((c) => c / 8) });
  });
});

describeFixture(
  'sCell',
  (inPlanes: number, planes: number, kernelSize: Pair, options: SCellOptions) => {
    return new SCell(inPlanes, planes, kernelSize, { ...options, init: zeros });
  },
);

describeContract(small, () => [tf.ones([2, 4, 5, 2]), tf.ones([1, 2, 3, 2])]);

const cache = () => small().forward(blank([4, 2, 3, 2])).cache;
const cell = (options: SCellOptions) => () => new SCell(2, 2, 1, { init: zeros, ...options });

describeRefusals([
  ['SCell: unknown option R; did you mean r?', () => new SCell(1, 1, 1, { R: 2 } as never)],
  [
    'SCell.forward: expected input of shape [N, H, W, 2], got [4, 2, 3, 1]',
    () => small().forward(blank([4, 2, 3, 1])),
  ],
  [
    'SCell.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([4, 2, 3, 2], 'int32')),
  ],
  [
    'SCell.forward: expected a padded input of at least 3x3 for the kernel, got 2x5',
    () => new SCell(1, 1, 3, { init: zeros }).forward(blank([1, 2, 5, 1])),
  ],
  [
    'SCell.backpropToInput: expected gradOutput of shape [4, 2, 3, 2], got [4, 2, 3, 1]',
    () => small().backpropToInput(blank([4, 2, 3, 1]), cache()),
  ],
  [
    'SCell.backpropToParams: expected gradOutput of shape [4, 2, 3, 2], got [1, 2, 3, 2]',
    () => small().backpropToParams(blank([1, 2, 3, 2]), cache()),
  ],
  ['SCell: expected r to be a number above 0, got 0', cell({ r: 0 })],
  ['SCell: expected decay to be a number above 0, got -1', cell({ decay: -1 })],
  ['SCell: expected inPlanes to be an integer of at least 1, got 0', () => new SCell(0, 2, 1)],
  ['SCell: expected planes to be an integer of at least 1, got 1.5', () => new SCell(1, 1.5, 1)],
  [
    'SCell: expected stride to be an integer of at least 1, or a pair [height, width], got 0',
    cell({ stride: 0 }),
  ],
  [
    'SCell: weight: expected options.rng, such as new Rng(0), to draw from, got undefined',
    () => new SCell(1, 2, 3),
  ],
]);

test('starts with small positive connections and no inhibition', async () => {
  await useBackend('cpu');
  const { weight, inhibition } = new SCell(3, 4, 5, { rng: new Rng(0) }).params;
  const drawn = weight.dataSync();
  expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...drawn)).toBeLessThanOrEqual(0.01 / 75);
  expect(Math.max(...drawn)).toBeGreaterThan(0.0095 / 75);
  expect([...inhibition.dataSync()]).toEqual([0, 0, 0, 0]);
});

describeFacts({
  'excitation counts, the fixed inhibition does not': {
    box: () => new SCell(3, 2, [3, 2], { stride: [1, 2], padding: [1, 0], init: zeros }),
    input: [2, 4, 6, 3],
    output: [2, 4, 3, 2],
    multiplyAdds: 4 * 3 * (3 * 2 * 3 * 2),
    window: [
      [3, 1],
      [2, 2],
    ],
    inputs: [
      [
        [0, 1, 1],
        [
          [0, 1],
          [2, 3],
          [0, 2],
        ],
      ],
      [
        [2, 2, 0],
        [
          [1, 3],
          [4, 5],
          [0, 2],
        ],
      ],
    ],
    noDecay: [],
    words: '2 planes of S-cells: 3x2 filters at stride 1x2, pad 1x0',
  },
});
