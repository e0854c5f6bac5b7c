import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../lib/geometry.ts';
import { Rng } from '../../lib/rng.ts';
import { AvgPool2D } from '../../modules/avgPool2d.ts';
import { SumPool2D } from '../../modules/sumPool2d.ts';
import { Upsample2D, type Upsample2DOptions } from '../../modules/upsample2d.ts';
import { expectAllClose, image, rowsOf } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { Grid } from '../support/grid.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('nearest: every pixel becomes a block, and its gradient is the sum over the block', () => {
    const box = new Upsample2D({ scaleFactor: [1, 2] });
    const { output, cache } = box.forward(
      image([
        [1, 2],
        [3, 4],
      ]),
    );
    expect(rowsOf(output)).toEqual([
      [1, 1, 2, 2],
      [3, 3, 4, 4],
    ]);
    const g = image([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
    expect(rowsOf(box.backpropToInput(g, cache))).toEqual([
      [1 + 2, 3 + 4],
      [5 + 6, 7 + 8],
    ]);
  });

  test('bilinear: pixel centres are scaled, and the border is repeated', () => {
    const box = new Upsample2D({ scaleFactor: [1, 2], mode: 'bilinear' });
    const { output, cache } = box.forward(image([[0, 4, 12]]));
    // The output's pixel centres are at -1/4, 1/4, 3/4, 5/4, 7/4 and 9/4 of the input.
    expect(rowsOf(output)).toEqual([[0, 1, 3, 6, 10, 12]]);
    expect(rowsOf(box.backpropToInput(image([[1, 4, 8, 16, 32, 64]]), cache))).toEqual([
      [1 + 3 + 2, 1 + 6 + 12 + 8, 4 + 24 + 64],
    ]);
  });

  test('bilinear: a NaN or ∞ spreads only to the outputs whose weight for it is not 0', () => {
    const box = new Upsample2D({ scaleFactor: 2, mode: 'bilinear' });
    for (const value of [NaN, Infinity]) {
      const pixels = Float32Array.from({ length: 36 }, (_, i) => (i === 7 ? value : 1));
      const output = box.infer(tf.tensor4d(pixels, [1, 6, 6, 1])).dataSync();
      const spread = Array.from(output).flatMap((y, i) => (Object.is(y, value) ? [i] : []));
      // Rows and columns 1 to 4 of 12.
      expect(spread).toEqual(
        [1, 2, 3, 4].flatMap((row) => [1, 2, 3, 4].map((at) => 12 * row + at)),
      );
    }
  });

  test('bilinear, corners aligned: the first and last pixels keep their positions', () => {
    const box = new Upsample2D({ scaleFactor: [1, 2.5], mode: 'bilinear', alignCorners: true });
    const { output, cache } = box.forward(image([[0, 8]]));
    expect(rowsOf(output)).toEqual([[0, 2, 4, 6, 8]]);
    expect(rowsOf(box.backpropToInput(image([[1, 4, 8, 4, 3]]), cache))).toEqual([
      [1 + 3 + 4 + 1, 1 + 4 + 3 + 3],
    ]);
  });
});

eachBackend('nearest and pools undo each other', () => {
  test.each<[string, Pair, [number, number]]>([
    ['2', 2, [2, 2]],
    ['[3, 1]', [3, 1], [3, 1]],
    ['[2, 5]', [2, 5], [2, 5]],
  ])('by %s', (_, scaleFactor, kernel) => {
    const rng = new Rng(8);
    const x = Grid.random([2, 3, 4, 2], rng);
    const up = new Upsample2D({ scaleFactor });
    const { output, cache } = up.forward(x.tensor());
    // The average over each block is the original pixel, and the two backward passes also cancel.
    const means = new AvgPool2D(kernel);
    const down = means.forward(output);
    expectAllClose(down.output, x);
    expectAllClose(up.backpropToInput(means.backpropToInput(x.tensor(), down.cache), cache), x);
    // The backward pass sums over the blocks.
    const g = Grid.random(output.shape, rng).tensor<tf.Tensor4D>();
    const sums = new SumPool2D(kernel).forward(g).output;
    expectAllClose(up.backpropToInput(g, cache), { shape: x.shape, values: [...sums.dataSync()] });
  });
});

describeFixture('upsample2d', (options: Upsample2DOptions) => new Upsample2D(options));

describe('keeps the contract with nearest neighbours', () => {
  describeContract(
    () => new Upsample2D({ scaleFactor: [2, 1.5] }),
    () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 2, 3, 2])],
  );
});

describe('keeps the contract with bilinear interpolation', () => {
  describeContract(
    () => new Upsample2D({ scaleFactor: 2, mode: 'bilinear' }),
    () => [tf.reshape(tf.range(0, 120), [2, 4, 5, 3]), tf.ones([1, 2, 3, 2])],
  );
});

const small = () => new Upsample2D({ scaleFactor: 2 });

describeRefusals([
  [
    'Upsample2D: unknown option scale; expected one of scaleFactor, mode, alignCorners',
    () => new Upsample2D({ scale: 2 } as never),
  ],
  [
    'Upsample2D.forward: expected input of shape [N, H, W, C], got [4, 5, 2]',
    () => small().forward(blank([4, 5, 2])),
  ],
  [
    'Upsample2D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([2, 4, 5, 2], 'int32')),
  ],
  [
    'Upsample2D.backpropToInput: expected gradOutput of shape [2, 8, 10, 3], got [2, 4, 5, 3]',
    () => small().backpropToInput(blank([2, 4, 5, 3]), small().forward(blank([2, 4, 5, 3])).cache),
  ],
  [
    'Upsample2D.forward: expected an output of at least 1x1, got 0x1 from an input of 2x3',
    () => new Upsample2D({ scaleFactor: 0.4 }).forward(blank([1, 2, 3, 1])),
  ],
  ...[0, Infinity, NaN].map((scaleFactor): [string, () => unknown] => [
    `Upsample2D: expected scaleFactor to be a number above 0, or a pair [height, width], got ${scaleFactor}`,
    () => new Upsample2D({ scaleFactor }),
  ]),
  [
    'Upsample2D: expected scaleFactor to be a number above 0, or a pair [height, width], got [2, -1]',
    () => new Upsample2D({ scaleFactor: [2, -1] }),
  ],
  [
    'Upsample2D: expected mode to be one of "nearest", "bilinear", got "bicubic"',
    () => new Upsample2D({ scaleFactor: 2, mode: 'bicubic' as 'bilinear' }),
  ],
  [
    'Upsample2D: expected alignCorners with mode "nearest" to be one of false, got true',
    () => new Upsample2D({ scaleFactor: 2, alignCorners: true }),
  ],
]);

describeFacts({
  'blocks of pixels': {
    box: () => new Upsample2D({ scaleFactor: [2, 3] }),
    input: [1, 3, 2, 2],
    output: [1, 6, 6, 2],
    multiplyAdds: 0,
    window: [
      [1, 1 / 2],
      [1, 1 / 3],
    ],
    inputs: [
      [
        [3, 4, 1],
        [
          [1, 1],
          [1, 1],
          [1, 1],
        ],
      ],
    ],
  },
  'averages of neighbours': {
    box: () => new Upsample2D({ scaleFactor: 2, mode: 'bilinear' }),
    input: [1, 2, 3, 1],
    output: [1, 4, 6, 1],
    multiplyAdds: 0,
    window: [
      [2, 1 / 2],
      [2, 1 / 2],
    ],
    inputs: [
      // Row −¼ is clamped to row 0; column ¼ lies between columns 0 and 1.
      [
        [0, 1, 0],
        [
          [0, 0],
          [0, 1],
          [0, 0],
        ],
      ],
      // Column 2¼ is clamped to column 2.
      [
        [2, 5, 0],
        [
          [0, 1],
          [2, 2],
          [0, 0],
        ],
      ],
    ],
  },
});
