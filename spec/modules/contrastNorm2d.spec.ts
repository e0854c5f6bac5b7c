import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../lib/rng.ts';
import { ContrastNorm2D } from '../../modules/contrastNorm2d.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { eachBackend, tensorOf } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import {
  divisive,
  localDeviations,
  localMeans,
  numericGradient,
  subtractive,
  window,
} from '../support/jarrett.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const images = (grid: Grid) => tensorOf(grid) as tf.Tensor4D;
const valuesOf = (tensor: tf.Tensor) => [...tensor.dataSync()];

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

eachBackend('normalizes contrast', () => {
  test('away from the borders, the local mean is 0 and the local standard deviation is 1', () => {
    const [height, width, maps] = [24, 30, 8];
    // The left and right halves differ in mean and contrast.
    const x = new Grid(
      [1, height, width, maps],
      Array.from(new Rng(4).normals(height * width * maps), (value, i) => {
        const column = Math.floor(i / maps) % width;
        return column < width / 2 ? 10 + 5 * value : -3 + 0.2 * value;
      }),
    );
    const y = new Grid(x.shape, valuesOf(new ContrastNorm2D(maps).forward(images(x)).output));
    const means = localMeans(y, window(7, 7));
    const deviations = localDeviations(y, window(7, 7));
    for (let j = 4; j < height - 4; j++) {
      for (let k = 4; k < width / 2 - 7; k++) {
        expect(Math.abs(means.at(0, j, k))).toBeLessThan(0.1);
        expect(Math.abs(deviations.at(0, j, k) - 1)).toBeLessThan(0.1);
      }
      // In a region whose contrast is below the image's mean, the deviation stays small.
      for (let k = width / 2 + 7; k < width - 4; k++)
        expect(deviations.at(0, j, k)).toBeLessThan(0.5);
    }
  });

  test('the brightness and contrast of the whole image do not matter', () => {
    const x = Grid.random([2, 9, 8, 3], new Rng(5));
    const brighter = new Grid(
      x.shape,
      x.values.map((value) => 4 * value + 2),
    );
    const box = new ContrastNorm2D(3);
    expectAllClose(box.forward(images(brighter)).output, {
      shape: x.shape,
      values: valuesOf(box.forward(images(x)).output),
    });
  });

  test('the rounding noise of a constant image is not amplified', () => {
    const { output } = new ContrastNorm2D(3).forward(tf.fill([1, 9, 8, 3], 0.7));
    expect(Math.max(...tf.abs(output).dataSync())).toBeLessThan(0.01);
  });

  test('a single bright pixel stands out, and its neighbours become negative', () => {
    const { output } = new ContrastNorm2D(1, { kernelSize: 3 }).forward(
      tf.tensor4d([0, 0, 0, 0, 9, 0, 0, 0, 0], [1, 3, 3, 1]),
    );
    const [corner, edge, , , centre] = valuesOf(output);
    expect(centre).toBeGreaterThan(1);
    expect(edge).toBeLessThan(0);
    expect(corner).toBeLessThan(0);
  });
});

eachBackend('computes what plain loops over the equations compute', () => {
  test.each(GEOMETRIES)('%j', ({ shape, kernelSize, sigma }) => {
    const rng = new Rng(13);
    const of = window(...kernelSize, sigma);
    const x = Grid.random(shape, rng);
    const g = Grid.random(shape, rng);
    const f = (x: Grid) => divisive(subtractive(x, of), of);
    const box = new ContrastNorm2D(shape[3], { kernelSize, ...(sigma && { sigma }) });
    const { output, cache } = box.forward(images(x));
    expectAllClose(output, f(x), 'output');
    expectAllClose(box.backpropToInput(images(g), cache), numericGradient(f, x, g), 'gradInput');
  });
});

describeContract(
  () => new ContrastNorm2D(2, { kernelSize: 3 }),
  () => [
    images(Grid.random([2, 4, 3, 2], new Rng(1))),
    images(Grid.random([1, 3, 5, 2], new Rng(2))),
  ],
);

const cache = () => new ContrastNorm2D(2).forward(blank([3, 4, 5, 2])).cache;

describeFacts({
  'a window of 3x5 over all channels, cut at the border': {
    box: () => new ContrastNorm2D(2, { kernelSize: [3, 5] }),
    input: [2, 6, 9, 2],
    output: [2, 6, 9, 2],
    multiplyAdds: 0,
    statistics: true,
    window: [
      [5, 1],
      [9, 1],
    ],
    inputs: [
      [
        [2, 4, 1],
        [
          [0, 4],
          [0, 8],
          [0, 1],
        ],
      ],
      [
        [0, 1, 0],
        [
          [0, 2],
          [0, 5],
          [0, 1],
        ],
      ],
      [
        [5, 8, 0],
        [
          [3, 5],
          [4, 8],
          [0, 1],
        ],
      ],
    ],
  },
});

describeRefusals([
  [
    'ContrastNorm2D: unknown option window; expected one of kernelSize, sigma, threshold',
    () => new ContrastNorm2D(2, { window: 3 } as never),
  ],
  [
    'ContrastNorm2D.forward: expected input of shape [N, H, W, 2], got [3, 4, 5, 3]',
    () => new ContrastNorm2D(2).facts([[3, 4, 5, 3]]),
  ],
  [
    'ContrastNorm2D.forward: expected input of shape [N, H, W, 2], got [3, 4, 5, 3]',
    () => new ContrastNorm2D(2).forward(blank([3, 4, 5, 3])),
  ],
  [
    'ContrastNorm2D.forward: expected input of shape [N, H, W, 2], got [3, 4, 2]',
    () => new ContrastNorm2D(2).forward(blank([3, 4, 2])),
  ],
  [
    'ContrastNorm2D.forward: expected input of dtype float32, got int32',
    () => new ContrastNorm2D(2).forward(blank([3, 4, 5, 2], 'int32')),
  ],
  [
    'ContrastNorm2D.backpropToInput: expected gradOutput of shape [3, 4, 5, 2], got [3, 4, 5, 1]',
    () => new ContrastNorm2D(2).backpropToInput(blank([3, 4, 5, 1]), cache()),
  ],
  [
    'ContrastNorm2D: expected channels to be an integer of at least 1, got 0',
    () => new ContrastNorm2D(0),
  ],
  [
    'ContrastNorm2D > SubtractiveNorm2D: expected kernelSize to be odd, got 4',
    () => new ContrastNorm2D(2, { kernelSize: 4 }),
  ],
  [
    'ContrastNorm2D > SubtractiveNorm2D: expected kernelSize to be odd, got [3, 2]',
    () => new ContrastNorm2D(2, { kernelSize: [3, 2] }),
  ],
  [
    'ContrastNorm2D > SubtractiveNorm2D: expected kernelSize to be an integer of at least 1, or a pair [height, width], got 0',
    () => new ContrastNorm2D(2, { kernelSize: 0 }),
  ],
  [
    'ContrastNorm2D > SubtractiveNorm2D: expected sigma to be a number above 0, got 0',
    () => new ContrastNorm2D(2, { sigma: 0 }),
  ],
  [
    'ContrastNorm2D > DivisiveNorm2D: expected threshold to be a number above 0, got 0',
    () => new ContrastNorm2D(2, { threshold: 0 }),
  ],
]);
