import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../../../lib/geometry.ts';
import { values, zeros } from '../../../lib/init/initializers.ts';
import { constant } from '../../../lib/constant.ts';
import { Rng } from '../../../lib/rng.ts';
import { Conv2D } from '../../../modules/conv2d.ts';
import { TableConv2D, type TableConv2DOptions } from '../../../modules/historic/tableConv2d.ts';
import { expectAllClose, expectNoLeak, numbers } from '../../support/compare.ts';
import { describeContract } from '../../support/contract.ts';
import { describeFacts } from '../../support/facts.ts';
import { describeFixture, eachBackend } from '../../support/fixtures.ts';
import { blank, describeRefusals } from '../../support/refusals.ts';

/**
 * A TableConv2D from three channels to two. Its connections are 2 → 0, 0 → 0 and 1 → 1, each with
 * 1x2 weights.
 */
function small(bias = true): TableConv2D {
  const init = values([
    [1, 2, 3],
    [10, 20, 30],
  ]);
  const box = new TableConv2D(3, [[2, 0], [1]], [1, 2], { init, bias });
  tf.tidy(() => box.params.bias?.assign(tf.tensor1d([100, 200])));
  return box;
}

eachBackend('by hand', () => {
  const x = () => tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 1, 2, 3]);

  test('forward and both gradients', () => {
    const box = small();
    const { output, cache } = box.forward(x());
    // Weights 1, 10 apply to channel 2 (values 3, 6), weights 2, 20 to channel 0 (1, 4), and
    // weights 3, 30 to channel 1 (2, 5).
    expect(numbers(output)).toEqual([[[[3 + 60 + 2 + 80 + 100, 6 + 150 + 200]]]]);
    const g = tf.tensor4d([1, -1], [1, 1, 1, 2]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([
      [
        [
          [2, -3, 1],
          [20, -30, 10],
        ],
      ],
    ]);
    const { weight, bias } = box.backpropToParams(g, cache);
    expect(numbers(weight)).toEqual([
      [
        [3, 1, -2],
        [6, 4, -5],
      ],
    ]);
    expect(numbers(bias as tf.Tensor)).toEqual([1, -1]);
  });

  test('without bias there is no parameter and no gradient of that name', () => {
    const box = small(false);
    const { output, cache } = box.forward(x());
    expect(Object.keys(box.params)).toEqual(['weight']);
    expect(Object.keys(box.backpropToParams(output, cache))).toEqual(['weight']);
  });

  test('equals a convolution whose filters are 0 where there is no connection', () => {
    const rng = new Rng(3);
    const box = new TableConv2D(3, [[1], [2, 0]], [2, 3], { padding: [0, 1], rng });
    expectNoLeak(() => box.filters().dispose());
    const filters = box.filters();
    const flat = tf.reshape(filters, [6, 3, 2]).arraySync() as number[][][];
    const zero = flat.map((cell) => cell.map((row) => row.map((w) => w === 0)));
    expect(zero).toEqual(
      new Array(6).fill([
        [true, false],
        [false, true],
        [true, false],
      ]),
    );
    const conv = new Conv2D(3, 2, [2, 3], {
      padding: [0, 1],
      init: values([...filters.dataSync()]),
    });
    const input: tf.Tensor4D = constant(rng.normals(2 * 4 * 3 * 3), [2, 4, 3, 3]);
    const expected = conv.forward(input).output;
    expectAllClose(box.forward(input).output, {
      shape: expected.shape,
      values: [...expected.dataSync()],
    });
  });
});

describeFixture(
  'tableConv2d',
  (inChannels: number, table: number[][], kernelSize: Pair, options: TableConv2DOptions) => {
    return new TableConv2D(inChannels, table, kernelSize, { ...options, init: zeros });
  },
);

describeContract(small, () => [tf.ones([2, 4, 5, 3]), tf.ones([1, 2, 3, 3])]);

const cache = () => small().forward(blank([4, 2, 3, 3])).cache;
const table = (rows: number[][]) => () => new TableConv2D(3, rows, 1, { init: zeros });

describeRefusals([
  [
    'TableConv2D: unknown option strides; did you mean stride?',
    () => new TableConv2D(1, [[0]], 1, { strides: 2 } as never),
  ],
  [
    'TableConv2D.forward: expected input of shape [N, H, W, 3], got [4, 2, 3, 2]',
    () => small().forward(blank([4, 2, 3, 2])),
  ],
  [
    'TableConv2D.forward: expected input of dtype float32, got int32',
    () => small().forward(blank([4, 2, 3, 3], 'int32')),
  ],
  [
    'TableConv2D.forward: expected a padded input of at least 1x2 for the kernel, got 4x1',
    () => small().forward(blank([2, 4, 1, 3])),
  ],
  [
    'TableConv2D.backpropToInput: expected gradOutput of shape [4, 2, 2, 2], got [4, 2, 3, 2]',
    () => small().backpropToInput(blank([4, 2, 3, 2]), cache()),
  ],
  [
    'TableConv2D.backpropToParams: expected gradOutput of shape [4, 2, 2, 2], got [4, 2, 2, 3]',
    () => small().backpropToParams(blank([4, 2, 2, 3]), cache()),
  ],
  [
    'TableConv2D: expected a table whose rows each list channels from 0 to 2 once, got none',
    table([]),
  ],
  [
    'TableConv2D: expected a table whose rows each list channels from 0 to 2 once, got [] in row 1',
    table([[0], []]),
  ],
  [
    'TableConv2D: expected a table whose rows each list channels from 0 to 2 once, got [0, 3] in row 0',
    table([[0, 3]]),
  ],
  [
    'TableConv2D: expected a table whose rows each list channels from 0 to 2 once, got [1, 1] in row 0',
    table([[1, 1]]),
  ],
  [
    'TableConv2D: expected inChannels to be an integer of at least 1, got 0',
    () => new TableConv2D(0, [[0]], 1),
  ],
  [
    'TableConv2D: expected kernelSize to be an integer of at least 1, or a pair [height, width], got 0',
    () => new TableConv2D(1, [[0]], 0),
  ],
  [
    'TableConv2D: weight: expected options.rng, such as new Rng(0), to draw from, got undefined',
    () => new TableConv2D(1, [[0]], 1),
  ],
]);

describeFacts({
  'the connections of the table': {
    box: () =>
      new TableConv2D(4, [[0, 2], [3], [1, 2, 3]], [3, 2], {
        stride: [1, 2],
        padding: [1, 0],
        init: zeros,
      }),
    input: [2, 3, 5, 4],
    output: [2, 3, 2, 3],
    multiplyAdds: 3 * 2 * (3 * 2 * 6),
    window: [
      [3, 1],
      [2, 2],
    ],
    inputs: [
      [
        [0, 0, 0],
        [
          [0, 1],
          [0, 1],
          [0, 2],
        ],
      ],
      [
        [2, 0, 1],
        [
          [1, 2],
          [0, 1],
          [3, 3],
        ],
      ],
      [
        [1, 1, 2],
        [
          [0, 2],
          [2, 3],
          [1, 3],
        ],
      ],
    ],
    noDecay: ['bias'],
    words: '3 3x2 filters at stride 1x2, pad 1x0, 6 connections',
  },
});
