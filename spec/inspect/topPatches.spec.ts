import * as tf from '@tensorflow/tfjs-core';
import {
  Branch,
  Conv2D,
  Flatten,
  Graph,
  init,
  Linear,
  MaxPool2D,
  Product,
  ReLU,
  Residual,
  Rng,
  Sequential,
  type Module,
} from '../../index.ts';
import { ArrayDataset } from '../../data/index.ts';
import { topPatches, type TopPatchesOptions } from '../../inspect/index.ts';
import { topResponses } from '../../inspect/topResponses.ts';
import { eachBackend } from '../support/fixtures.ts';
import { inputError } from '../support/inputError.ts';

/** Images of one channel, which all have the size of the first image. */
const images = (...of: number[][][]) =>
  new ArrayDataset({
    name: 'digits',
    inputs: Float32Array.from(of.flat(2)),
    classes: 2,
    inputShape: [of[0].length, of[0][0].length, 1],
    labels: of.map(() => 0),
  });

/** A convolution with one filter, given by its rows. */
const filter = (
  rows: number[][],
  options: { stride?: number; padding?: number; dilation?: number } = {},
) =>
  new Conv2D(1, 1, [rows.length, rows[0].length], {
    ...options,
    bias: false,
    init: init.values(rows.flat()),
  });

/** The example, response, place, corner, shape and values of each patch of a box's first unit. */
async function first(network: Module, data: ArrayDataset, options: TopPatchesOptions) {
  const [{ patches }] = await topPatches(network, data, options);
  return patches.map(({ example, response, place, corner, shape, values }) => [example, response, place, corner, shape, [...values]]); // prettier-ignore
}

const SEA = [
  [1, 0, 0, 0],
  [0, 0, 5, 6],
  [0, 0, 7, 8],
];
const ISLE = [
  [0, 9, 0, 0],
  [0, 0, 0, 0],
  [0, 0, 0, 3],
];

eachBackend('top patches', () => {
  test('a convolution: the window with the largest response, one per example, the largest first', async () => {
    const network = new Sequential([filter([[1, 1], [1, 1]])]); // prettier-ignore
    const data = images(ISLE, SEA);
    expect(await first(network, data, { box: '0' })).toEqual([
      [1, 26, [1, 2], [1, 2], [2, 2, 1], [5, 6, 7, 8]],
      [0, 9, [0, 0], [0, 0], [2, 2, 1], [0, 9, 0, 0]],
    ]);
    // The two largest responses, 26 and 12, are both in the second image.
    expect(await first(network, data, { box: '0', count: 2, perExample: 2 })).toEqual([
      [1, 26, [1, 2], [1, 2], [2, 2, 1], [5, 6, 7, 8]],
      [1, 12, [1, 1], [1, 1], [2, 2, 1], [0, 5, 0, 7]],
    ]);
    expect(await first(network, data, { box: '0', examples: 1 })).toHaveLength(1);
    const [{ least }] = await topPatches(network, data, { box: '0', batchSize: 1 });
    expect(least).toBe(0);
  });

  test('stride, padding and dilation: patches are cut at the border, and include the cells between the weights', async () => {
    const stepped = new Sequential([filter([[0, 0, 0], [0, 1, 0], [0, 0, 0]], { stride: 3, padding: 1 })]); // prettier-ignore
    // The middle weight of the filter lies on (0, 0) and on (0, 3).
    expect(await first(stepped, images(SEA), { box: '0' })).toEqual([
      [0, 1, [0, 0], [0, 0], [2, 2, 1], [1, 0, 0, 0]],
    ]);
    expect(
      await first(stepped, images(SEA.map((row) => [...row].reverse())), { box: '0' }),
    ).toEqual([[0, 1, [0, 1], [0, 2], [2, 2, 1], [0, 1, 0, 0]]]);
    const dilated = new Sequential([filter([[1, 1]], { dilation: 2 })]);
    expect(await first(dilated, images(SEA), { box: '0' })).toEqual([
      [0, 8, [2, 1], [2, 1], [1, 3, 1], [0, 7, 8]],
    ]);
  });

  test('a deeper box sees more, through pools and containers in containers', async () => {
    const inner = new Sequential([new ReLU(), filter([[1, 1]])]);
    const network = new Sequential([new MaxPool2D([1, 2]), inner]);
    const expected = [[0, 8, [2, 0], [2, 0], [1, 4, 1], [0, 0, 7, 8]]];
    expect(await first(network, images(SEA), { box: '1.1' })).toEqual(expected);
    // The output of a container is the output of its last box.
    expect(await first(network, images(SEA), { box: '1' })).toEqual(expected);
  });

  test('a unit of a vector sees the whole example; a unit after only a Flatten sees its own pixel', async () => {
    const network = new Sequential([new Flatten(), new Linear(12, 2, { bias: false, init: init.values(Array.from({ length: 24 }, (_, i) => i % 12)) })]); // prettier-ignore
    const [[example, response, place, corner, shape]] = await first(network, images(SEA), { box: '1', units: [1] }); // prettier-ignore
    expect([example, response, place, corner, shape]).toEqual([0, 6 * 5 + 7 * 6 + 10 * 7 + 11 * 8, [], [0, 0], [3, 4, 1]]); // prettier-ignore
    expect(await first(network, images(SEA), { box: '0', units: [7] })).toEqual([
      [0, 6, [], [1, 3], [1, 1, 1], [6]],
    ]);
  });

  test('a Residual shows the union of its two paths; a Branch shows the path of the channel', async () => {
    const point = () => filter([[1]]);
    const residual = new Sequential([
      new Residual(filter([[0, 1, 1]], { padding: 0 }), filter([[1, 0, 0]])),
    ]);
    const wide = await first(residual, images(SEA), { box: '0.body' });
    expect(wide[0].slice(2, 5)).toEqual([[2, 1], [2, 1], [1, 3, 1]]); // prettier-ignore
    const branch = new Sequential([new Branch([filter([[1, 1, 1]]), new Sequential([filter([[1, 0]]), filter([[0, 1]])])])]); // prettier-ignore
    for (const [unit, corner] of [
      [0, 1],
      [1, 1],
    ]) {
      // prettier-ignore
      const [[, response, , at, shape]] = await first(branch, images(SEA), { box: '0', units: [unit] });
      expect([response, at, shape]).toEqual([unit === 0 ? 15 : 7, [2, corner], [1, 3, 1]]);
    }
    const both = new Sequential([new Branch([filter([[1, 0]]), filter([[0, 1]])], { merge: 'product' }), point()]); // prettier-ignore
    expect(await first(both, images(SEA), { box: '1' })).toEqual([
      [0, 56, [2, 2], [2, 2], [1, 2, 1], [7, 8]],
    ]);
    const skip = new Residual(
      new Sequential([filter([[0, 2, 0]], { padding: 0 })]),
      filter([[0, 1, 0]]),
    );
    expect(await first(skip, images(SEA), { box: 'sum' })).toEqual([[0, 21, [2, 1], [2, 1], [1, 3, 1], [0, 7, 8]]]); // prettier-ignore
  });

  test('a Graph: only the nodes that a node depends on run', async () => {
    const network = new Graph({
      inputs: 'image',
      nodes: [
        ['left', filter([[1, 0]]), 'image'],
        ['right', filter([[0, 1]]), 'image'],
        ['both', new Product(), ['left', 'right']],
        ['far', filter([[1, 1]]), 'both'],
      ],
      outputs: 'far',
    });
    expect(await first(network, images(SEA), { box: 'right' })).toEqual([[0, 8, [2, 2], [2, 2], [1, 2, 1], [7, 8]]]); // prettier-ignore
    expect(await first(network, images(SEA), { box: 'far' })).toEqual([[0, 56, [2, 1], [2, 1], [1, 3, 1], [0, 7, 8]]]); // prettier-ignore
  });

  test('ties: the first example and its first place win; NaN is no response', async () => {
    const flat = [[2, 2], [2, 2]]; // prettier-ignore
    const network = new Sequential([filter([[1]])]);
    const found = await first(network, images(flat, flat, flat), {
      box: '0',
      count: 2,
      batchSize: 2,
    });
    expect(found.map(([example, , place]) => [example, place])).toEqual([[0, [0, 0]], [1, [0, 0]]]); // prettier-ignore
    const batch = { unit: 0, units: 1, examples: Int32Array.of(5, 9), perExample: 2 };
    expect(topResponses([NaN, 4, 2, NaN], batch)).toEqual({
      top: [
        { example: 5, place: 1, response: 4 },
        { example: 9, place: 0, response: 2 },
      ],
      least: 2,
    });
  });

  test('the gradient is that of a single response', async () => {
    const network = new Sequential([filter([[2, -3]]), new ReLU(), new MaxPool2D([1, 2])]);
    const [{ patches }] = await topPatches(network, images(ISLE), { box: '2' });
    // The first window of the pool has its maximum, 2 · 9 − 3 · 0, at column 1.
    expect(patches[0].response).toBe(18);
    expect([patches[0].corner, patches[0].shape, [...patches[0].gradient]]).toEqual([[0, 0], [1, 3, 1], [0, 2, -3]]); // prettier-ignore
  });

  test('leaves no tensors, and neither network nor data changed', async () => {
    const rng = new Rng(1);
    const network = new Sequential([new Conv2D(1, 3, 1, { rng }), new Residual(new Conv2D(3, 3, 3, { padding: 1, rng })), new Branch([new ReLU(), new MaxPool2D(1)])]); // prettier-ignore
    const data = images(SEA, ISLE);
    await topPatches(network, data, { box: '2' });
    const { numTensors } = tf.memory();
    await topPatches(network, data, { box: '2', batchSize: 1, perExample: 3 });
    await topPatches(network, data, { box: '1.sum' });
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('refuses an unknown option', async () => {
    const options = { box: '0', records: 5 };
    await expect(topPatches(new Sequential([filter([[1]])]), images(SEA), options)).rejects.toThrow(
      /^topPatches: unknown option records; expected one of box, units, count, perExample, examples, batchSize, rule, onExamples$/,
    );
  });

  test.each<[TopPatchesOptions, string]>([
    [{ box: '7' }, 'expected box to be one of 0, 1.0, 1.1, 1, got "7"'],
    [{ box: '1.weight' }, 'expected box to be one of 0, 1.0, 1.1, 1, got "1.weight"'],
    [{ box: '0', units: [0, 1] }, 'expected units of 0 from 0 to 0, got 1'],
    [{ box: '0', units: [0.5] }, 'expected units of 0 from 0 to 0, got 0.5'],
    [{ box: '0', units: [] }, 'expected units of 0 from 0 to 0, got none'],
    [{ box: '0', count: 0 }, 'expected count to be an integer of at least 1, got 0'],
    [{ box: '0', perExample: 1.5 }, 'expected perExample to be an integer of at least 1, got 1.5'],
  ])('refuses %j', async (options, message) => {
    const network = new Sequential([filter([[1]]), new Sequential([new ReLU(), new ReLU()])]);
    await expect(topPatches(network, images(SEA), options)).rejects.toThrow(
      inputError(`topPatches: ${message}`),
    );
  });
});
