import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../lib/rng.ts';
import { SubtractiveNorm2D } from '../../modules/subtractiveNorm2d.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { eachBackend, tensorOf } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { numericGradient, subtractive, window } from '../support/jarrett.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const images = (grid: Grid) => tensorOf(grid) as tf.Tensor4D;

/**
 * Image shapes with windows that are smaller than, as large as and larger than the image, and
 * windows of one row and of one cell.
 */
const GEOMETRIES: readonly { shape: number[]; kernelSize: [number, number]; sigma?: number }[] = [
  { shape: [2, 6, 5, 3], kernelSize: [3, 3] },
  { shape: [1, 5, 7, 2], kernelSize: [5, 3] },
  { shape: [2, 4, 5, 1], kernelSize: [7, 7] },
  { shape: [1, 8, 6, 1], kernelSize: [7, 5], sigma: 1.2 },
  { shape: [1, 4, 6, 3], kernelSize: [1, 5], sigma: 0.7 },
  { shape: [2, 3, 2, 4], kernelSize: [5, 9] },
];

eachBackend('by hand', () => {
  test('a 1x3 window, which is incomplete at the border', () => {
    // With σ² = 1/(2 ln 2) the weights are 1, 2, 1, divided by 4 inside the image; at the ends they
    // are 2, 1, divided by 3.
    const box = new SubtractiveNorm2D(1, {
      kernelSize: [1, 3],
      sigma: Math.sqrt(0.5 / Math.log(2)),
    });
    const { output, cache } = box.forward(tf.tensor4d([3, 6, 0, 12], [1, 1, 4, 1]));
    const means = [(2 * 3 + 6) / 3, (3 + 12 + 0) / 4, (6 + 0 + 12) / 4, (0 + 24) / 3];
    expectAllClose(output, {
      shape: [1, 1, 4, 1],
      values: [3 - means[0], 6 - means[1], 0 - means[2], 12 - means[3]],
    });
    // Pixel 0 has weight 2/3 in its own window and weight 1/4 in the window of pixel 1.
    const gradInput = box.backpropToInput(tf.tensor4d([3, 4, 0, 0], [1, 1, 4, 1]), cache);
    expectAllClose(gradInput, {
      shape: [1, 1, 4, 1],
      values: [3 - (3 * 2) / 3 - 4 / 4, 4 - 3 / 3 - (4 * 2) / 4, -4 / 4, 0],
    });
  });

  test('the mean is over all maps', () => {
    const box = new SubtractiveNorm2D(3, { kernelSize: 1 });
    const { output } = box.forward(tf.tensor4d([1, 2, 6], [1, 1, 1, 3]));
    expectAllClose(output, { shape: [1, 1, 1, 3], values: [-2, -1, 3] });
  });

  test('a constant image gives 0, at the border too', () => {
    const { output } = new SubtractiveNorm2D(2).forward(tf.fill([1, 9, 8, 2], 0.75));
    expect(Math.max(...tf.abs(output).dataSync())).toBeLessThan(1e-6);
  });
});

test('has the 7x7 Gaussian of the lecture by default', () => {
  expect(new SubtractiveNorm2D(2).gaussian).toEqual({ kernelSize: [7, 7], sigma: [1.75, 1.75] });
});

eachBackend('computes what plain loops over the equations compute', () => {
  test.each(GEOMETRIES)('%j', ({ shape, kernelSize, sigma }) => {
    const rng = new Rng(11);
    const of = window(...kernelSize, sigma);
    const x = Grid.random(shape, rng);
    const g = Grid.random(shape, rng);
    const f = (x: Grid) => subtractive(x, of);
    const box = new SubtractiveNorm2D(shape[3], { kernelSize, ...(sigma && { sigma }) });
    const { output, cache } = box.forward(images(x));
    expectAllClose(output, f(x), 'output');
    expectAllClose(box.backpropToInput(images(g), cache), numericGradient(f, x, g), 'gradInput');
  });
});

describeContract(
  () => new SubtractiveNorm2D(2, { kernelSize: 3 }),
  () => [
    images(Grid.random([2, 4, 3, 2], new Rng(1))),
    images(Grid.random([1, 3, 5, 2], new Rng(2))),
  ],
);

const cache = () => new SubtractiveNorm2D(2).forward(blank([3, 4, 5, 2])).cache;

describeFacts({
  'a window of 3x5 over all channels, cut at the border': {
    box: () => new SubtractiveNorm2D(2, { kernelSize: [3, 5] }),
    input: [2, 6, 9, 2],
    output: [2, 6, 9, 2],
    multiplyAdds: 0,
    window: [
      [3, 1],
      [5, 1],
    ],
    inputs: [
      [
        [2, 4, 1],
        [
          [1, 3],
          [2, 6],
          [0, 1],
        ],
      ],
      [
        [0, 1, 0],
        [
          [0, 1],
          [0, 3],
          [0, 1],
        ],
      ],
      [
        [5, 8, 0],
        [
          [4, 5],
          [6, 8],
          [0, 1],
        ],
      ],
    ],
  },
});

describeRefusals([
  [
    'SubtractiveNorm2D: unknown option window; expected one of kernelSize, sigma',
    () => new SubtractiveNorm2D(2, { window: 3 } as never),
  ],
  [
    'SubtractiveNorm2D.forward: expected input of shape [N, H, W, 2], got [3, 4, 5, 3]',
    () => new SubtractiveNorm2D(2).facts([[3, 4, 5, 3]]),
  ],
  [
    'SubtractiveNorm2D.forward: expected input of shape [N, H, W, 2], got [3, 4, 5, 3]',
    () => new SubtractiveNorm2D(2).forward(blank([3, 4, 5, 3])),
  ],
  [
    'SubtractiveNorm2D.forward: expected input of shape [N, H, W, 2], got [3, 4, 2]',
    () => new SubtractiveNorm2D(2).forward(blank([3, 4, 2])),
  ],
  [
    'SubtractiveNorm2D.forward: expected input of dtype float32, got int32',
    () => new SubtractiveNorm2D(2).forward(blank([3, 4, 5, 2], 'int32')),
  ],
  [
    'SubtractiveNorm2D.backpropToInput: expected gradOutput of shape [3, 4, 5, 2], got [3, 4, 5, 1]',
    () => new SubtractiveNorm2D(2).backpropToInput(blank([3, 4, 5, 1]), cache()),
  ],
  [
    'SubtractiveNorm2D: expected channels to be an integer of at least 1, got 0',
    () => new SubtractiveNorm2D(0),
  ],
  [
    'SubtractiveNorm2D: expected kernelSize to be odd, got 4',
    () => new SubtractiveNorm2D(2, { kernelSize: 4 }),
  ],
  [
    'SubtractiveNorm2D: expected kernelSize to be odd, got [3, 2]',
    () => new SubtractiveNorm2D(2, { kernelSize: [3, 2] }),
  ],
  [
    'SubtractiveNorm2D: expected kernelSize to be an integer of at least 1, or a pair [height, width], got 0',
    () => new SubtractiveNorm2D(2, { kernelSize: 0 }),
  ],
  [
    'SubtractiveNorm2D: expected sigma to be a number above 0, got 0',
    () => new SubtractiveNorm2D(2, { sigma: 0 }),
  ],
]);
