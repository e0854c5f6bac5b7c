import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../lib/rng.ts';
import { DivisiveNorm2D } from '../../modules/divisiveNorm2d.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { eachBackend, tensorOf } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { divisive, numericGradient, window } from '../support/jarrett.ts';
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

eachBackend('by hand', () => {
  const row = (values: number[]) => tf.tensor4d(values, [1, 1, values.length, 1]);

  test('in a window of one cell the deviation σ is |x|, and small values are divided by the mean of σ', () => {
    const box = new DivisiveNorm2D(1, { kernelSize: 1 });
    // The mean of σ is c = 3. The first two values are below it.
    const { output, cache } = box.forward(row([1, -2, 6]));
    expectAllClose(output, { shape: [1, 1, 3, 1], values: [1 / 3, -2 / 3, 1] });
    const gradInput = box.backpropToInput(row([1, 0, 0]), cache);
    // y_0 = x_0/c, and c = (|x_0| + |x_1| + |x_2|)/3.
    const throughMean = -1 / 9 / 3;
    expectAllClose(gradInput, {
      shape: [1, 1, 3, 1],
      values: [1 / 3 + throughMean, -throughMean, throughMean],
    });
    // y_2 = x_2/|x_2| is constant, so its gradient is 0.
    const still = valuesOf(box.backpropToInput(row([0, 0, 5]), cache));
    expect(Math.max(...still.map(Math.abs))).toBeLessThan(1e-6);
  });

  test('σ is computed over all maps', () => {
    const { output } = new DivisiveNorm2D(2, { kernelSize: 1 }).forward(
      tf.tensor4d([1, 7], [1, 1, 1, 2]),
    );
    expectAllClose(output, { shape: [1, 1, 1, 2], values: [1 / 5, 7 / 5] });
  });

  test('each example has its own mean', () => {
    const box = new DivisiveNorm2D(1, { kernelSize: 1 });
    const { output } = box.forward(tf.tensor4d([1, 3, 100, 300], [2, 1, 2, 1]));
    expectAllClose(output, { shape: [2, 1, 2, 1], values: [1 / 2, 1, 1 / 2, 1] });
  });

  test('below the threshold x is divided by a constant', () => {
    const box = new DivisiveNorm2D(1, { kernelSize: 1, threshold: 4 });
    const { output, cache } = box.forward(row([1, -2, 0.5]));
    expectAllClose(output, { shape: [1, 1, 3, 1], values: [1 / 4, -1 / 2, 1 / 8] });
    const gradInput = box.backpropToInput(row([4, 8, -4]), cache);
    expectAllClose(gradInput, { shape: [1, 1, 3, 1], values: [1, 2, -1] });
  });

  test('an image of zeros gives 0, and its gradient is divided by the threshold', () => {
    const box = new DivisiveNorm2D(1, { threshold: 0.5 });
    const { output, cache } = box.forward(row([0, 0, 0]));
    expect(valuesOf(output)).toEqual([0, 0, 0]);
    expect(valuesOf(box.backpropToInput(row([1, 2, 3]), cache))).toEqual([2, 4, 6]);
  });

  test('a window of zeros adds no gradient through its σ', () => {
    const box = new DivisiveNorm2D(1, { kernelSize: 1 });
    const { cache } = box.forward(row([0, 2]));
    // c = 1. y_0 = x_0/c, and its derivative by c is 0 because x_0 = 0. y_1 = 1 is constant.
    expectAllClose(box.backpropToInput(row([3, 5]), cache), {
      shape: [1, 1, 2, 1],
      values: [3, 0],
    });
  });

  test('if σ equals its mean everywhere, the derivative goes through the mean', () => {
    const box = new DivisiveNorm2D(1, { kernelSize: 1 });
    const { cache } = box.forward(row([2, -2]));
    // y_0 = x_0/c. Its derivative is 1/2 directly, and −x_0/c²/2 through each |x|.
    expectAllClose(box.backpropToInput(row([1, 0]), cache), {
      shape: [1, 1, 2, 1],
      values: [1 / 4, 1 / 4],
    });
  });
});

eachBackend('computes what plain loops over the equations compute', () => {
  test.each(GEOMETRIES)('%j', ({ shape, kernelSize, sigma }) => {
    const rng = new Rng(12);
    const of = window(...kernelSize, sigma);
    const x = Grid.random(shape, rng);
    const g = Grid.random(shape, rng);
    const f = (x: Grid) => divisive(x, of);
    const box = new DivisiveNorm2D(shape[3], { kernelSize, ...(sigma && { sigma }) });
    const { output, cache } = box.forward(images(x));
    expectAllClose(output, f(x), 'output');
    expectAllClose(box.backpropToInput(images(g), cache), numericGradient(f, x, g), 'gradInput');
  });

  test('with a threshold that some examples are below', () => {
    const rng = new Rng(3);
    const x = Grid.random([2, 4, 5, 2], rng, -1, 1);
    x.values.forEach((value, i) => (x.values[i] = i < 40 ? value : 2 * value));
    const g = Grid.random(x.shape, rng);
    const f = (x: Grid) => divisive(x, window(3, 3), 0.6);
    const { output, cache } = new DivisiveNorm2D(2, { kernelSize: 3, threshold: 0.6 }).forward(
      images(x),
    );
    const box = new DivisiveNorm2D(2, { kernelSize: 3, threshold: 0.6 });
    expectAllClose(output, f(x), 'output');
    expectAllClose(box.backpropToInput(images(g), cache), numericGradient(f, x, g), 'gradInput');
  });
});

describeContract(
  () => new DivisiveNorm2D(2, { kernelSize: 3 }),
  () => [
    images(Grid.random([2, 4, 3, 2], new Rng(1))),
    images(Grid.random([1, 3, 5, 2], new Rng(2))),
  ],
);

const cache = () => new DivisiveNorm2D(2).forward(blank([3, 4, 5, 2])).cache;

describeFacts({
  'a window of 3x5 over all channels, cut at the border': {
    box: () => new DivisiveNorm2D(2, { kernelSize: [3, 5] }),
    input: [2, 6, 9, 2],
    output: [2, 6, 9, 2],
    multiplyAdds: 0,
    statistics: true,
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
    'DivisiveNorm2D: unknown option window; expected one of kernelSize, sigma, threshold',
    () => new DivisiveNorm2D(2, { window: 3 } as never),
  ],
  [
    'DivisiveNorm2D.forward: expected input of shape [N, H, W, 2], got [3, 4, 5, 3]',
    () => new DivisiveNorm2D(2).facts([[3, 4, 5, 3]]),
  ],
  [
    'DivisiveNorm2D.forward: expected input of shape [N, H, W, 2], got [3, 4, 5, 3]',
    () => new DivisiveNorm2D(2).forward(blank([3, 4, 5, 3])),
  ],
  [
    'DivisiveNorm2D.forward: expected input of shape [N, H, W, 2], got [3, 4, 2]',
    () => new DivisiveNorm2D(2).forward(blank([3, 4, 2])),
  ],
  [
    'DivisiveNorm2D.forward: expected input of dtype float32, got int32',
    () => new DivisiveNorm2D(2).forward(blank([3, 4, 5, 2], 'int32')),
  ],
  [
    'DivisiveNorm2D.backpropToInput: expected gradOutput of shape [3, 4, 5, 2], got [3, 4, 5, 1]',
    () => new DivisiveNorm2D(2).backpropToInput(blank([3, 4, 5, 1]), cache()),
  ],
  [
    'DivisiveNorm2D: expected channels to be an integer of at least 1, got 0',
    () => new DivisiveNorm2D(0),
  ],
  [
    'DivisiveNorm2D: expected kernelSize to be odd, got 4',
    () => new DivisiveNorm2D(2, { kernelSize: 4 }),
  ],
  [
    'DivisiveNorm2D: expected kernelSize to be odd, got [3, 2]',
    () => new DivisiveNorm2D(2, { kernelSize: [3, 2] }),
  ],
  [
    'DivisiveNorm2D: expected kernelSize to be an integer of at least 1, or a pair [height, width], got 0',
    () => new DivisiveNorm2D(2, { kernelSize: 0 }),
  ],
  [
    'DivisiveNorm2D: expected sigma to be a number above 0, got 0',
    () => new DivisiveNorm2D(2, { sigma: 0 }),
  ],
  [
    'DivisiveNorm2D: expected threshold to be a number above 0, got -1',
    () => new DivisiveNorm2D(2, { threshold: -1 }),
  ],
]);
