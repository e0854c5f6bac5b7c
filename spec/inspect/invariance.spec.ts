import * as tf from '@tensorflow/tfjs-core';
import {
  Branch,
  Conv2D,
  Dropout,
  Flatten,
  GlobalAvgPool2D,
  GlobalMaxPool2D,
  init,
  MaxPool2D,
  ReLU,
  Rng,
  Sequential,
  Sum,
} from '../../index.ts';
import { ArrayDataset } from '../../data/index.ts';
import { effectiveField, invariance } from '../../inspect/index.ts';
import { transformed } from '../../inspect/transformed.ts';
import { eachBackend } from '../support/fixtures.ts';

/** Images of one channel. */
const images = (height: number, width: number, ...values: ArrayLike<number>[]) =>
  new ArrayDataset({
    name: 'images',
    inputs: Float32Array.from(values.flatMap((one) => [...Array.from(one)])),
    inputShape: [height, width, 1],
    labels: values.map(() => 0),
    classes: 1,
  });

/** A bright point in the middle of an image, and another one. */
const POINTS = images(
  3,
  5,
  [0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0],
);

eachBackend('invariance', () => {
  test('by hand: a point that moves leaves its place and takes another', async () => {
    const network = new Sequential([
      new ReLU(),
      new MaxPool2D([1, 2], { stride: [1, 1] }),
      new GlobalMaxPool2D(),
    ]);
    const { numTensors } = tf.memory();
    const done: number[] = [];
    const boxes = await invariance(network, POINTS, {
      shifts: [1, 0],
      rotations: [],
      scales: [1],
      batchSize: 1,
      onBatch: (count, all) => done.push(count / all),
    });
    expect(tf.memory().numTensors).toBe(numTensors);
    expect(done).toHaveLength(2 * 6);
    expect(done.at(-1)).toBe(1);
    expect(boxes.map(({ path, box, outputShape }) => [path, box, outputShape])).toEqual([
      ['0', 'ReLU', [3, 5, 1]],
      ['1', 'MaxPool2D', [3, 4, 1]],
      ['2', 'GlobalMaxPool2D', [1]],
    ]);
    const [relu, pool, all] = boxes;
    // ‖y(Tx) − y(x)‖² = 2 v² where ‖y(x)‖² = v².
    expect(relu.shift.map(({ amount }) => amount)).toEqual([1, 0]);
    expect(relu.shift[0].change).toBeCloseTo(Math.SQRT2, 5);
    expect(relu.shift[1].change).toBe(0);
    expect(relu.rotation).toEqual([]);
    expect(relu.scale).toEqual([{ amount: 1, change: 0 }]);
    // A pooled point fills two places: of these, one differs to the right, and all four downwards.
    expect(pool.shift[0].change).toBeCloseTo(Math.sqrt((2 / 2 + 4 / 2) / 2), 5);
    expect(all.shift[0].change).toBe(0);
    expect(all.other).toBeCloseTo(Math.sqrt((1 + 1) / (9 + 16)), 5);
    expect(relu.other).toBeCloseTo(Math.sqrt((25 + 25) / 25), 5);
  });

  test('equals the definition in plain loops, whatever the batches', async () => {
    const rng = new Rng(3);
    const pixels = [0, 1, 2].map(() => rng.normals(7 * 6));
    const data = images(7, 6, ...pixels);
    const conv = new Conv2D(1, 3, [3, 2], { stride: [2, 1], rng });
    const network = new Sequential([new Branch([conv, conv], { merge: 'sum' }), new Dropout()]);
    const [all, single] = await Promise.all([3, 2].map((batchSize) => invariance(network, data, { batchSize }))); // prettier-ignore
    const infer = (values: ArrayLike<number>) =>
      tf.tidy(() => [...network.infer(tf.tensor4d(Array.from(values), [1, 7, 6, 1])).dataSync()]);
    const squares = (values: number[]) => values.reduce((sum, value) => sum + value ** 2, 0);
    const expected = (transformations: Parameters<typeof transformed>[2][]) => {
      let [changed, size] = [0, 0];
      for (const image of pixels) {
        const y = infer(image);
        size += squares(y);
        for (const one of transformations) {
          const moved = infer(transformed(image, [7, 6, 1], one));
          changed += squares(moved.map((value, i) => value - y[i]));
        }
      }
      return Math.sqrt(changed / transformations.length / size);
    };
    const still = { shift: [0, 0], degrees: 0, scale: 1 } as const;
    const last = all[all.length - 1];
    expect(last.box).toBe('Sum');
    const { amount } = last.shift[1];
    expect(last.shift[1].change).toBeCloseTo(expected([{ ...still, shift: [amount, 0] }, { ...still, shift: [0, amount] }]), 4); // prettier-ignore
    expect(last.rotation[2].change).toBeCloseTo(expected([{ ...still, degrees: 15 }, { ...still, degrees: -15 }]), 4); // prettier-ignore
    expect(last.scale[0].change).toBeCloseTo(expected([{ ...still, scale: 0.7 }]), 4);
    all.forEach((box, k) => {
      box.shift.forEach(({ change }, i) =>
        expect(single[k].shift[i].change).toBeCloseTo(change, 4),
      );
      expect(single[k].other).toBeCloseTo(box.other, 4);
    });
  });

  test('an output of zeros has no relative change', async () => {
    const [{ shift, other }] = await invariance(new Sequential([new ReLU()]), images(2, 2, [0, 0, 0, 0], [0, -1, 0, 0])); // prettier-ignore
    expect([shift[0].change, other]).toEqual([NaN, NaN]);
  });

  test.each<[string, object]>([
    ['invariance: unknown option shift; did you mean shifts?', { shift: [1] }],
    ['invariance: expected shifts to be finite numbers, got NaN', { shifts: [NaN] }],
    ['invariance: expected scales to be numbers above 0, got 0', { scales: [0] }],
    ['invariance: expected at least two examples, got 1', { examples: 1 }],
    ['invariance: expected batchSize to be an integer of at least 1, got 0.5', { batchSize: 0.5 }],
  ])('refuses: %s', async (message, options) => {
    await expect(invariance(new ReLU() as never, POINTS, options)).rejects.toThrow(
      new Error(message),
    );
  });

  test('refuses vectors, rows of a table, and networks of several inputs', async () => {
    const vectors = new ArrayDataset({ name: 'v', inputs: Float32Array.of(1, 2), inputShape: [1], labels: [0, 0], classes: 1 }); // prettier-ignore
    await expect(invariance(new ReLU() as never, vectors)).rejects.toThrow(
      new Error('invariance: expected images, got examples of shape [1]'),
    );
    const rows = new ArrayDataset({ name: 'rows', inputs: Float32Array.of(1, 2, 3, 4), inputShape: [1, 1, 2], labels: [0, 0], classes: 1 }); // prettier-ignore
    await expect(invariance(new ReLU() as never, rows)).rejects.toThrow(
      new Error('invariance: expected images, got examples of shape [1, 1, 2]'),
    );
    await expect(invariance(new Sum() as never, POINTS)).rejects.toThrow(
      new Error('invariance: expected a network that takes one tensor, got a list'),
    );
  });
});

/** A convolution with one filter, given by its rows. */
const filter = (rows: readonly (readonly number[])[], stride: number) =>
  new Conv2D(1, 1, [rows.length, rows[0].length], {
    stride,
    bias: false,
    init: init.values(rows.flat()),
  });

/** The filter that computes what two filters compute one after the other. */
function composed(first: number[][], stride: number, second: number[][]): number[][] {
  const side = (a: number, b: number) => a + (b - 1) * stride;
  const height = side(first.length, second.length);
  const width = side(first[0].length, second[0].length);
  const all = Array.from({ length: height }, () => new Array<number>(width).fill(0));
  second.forEach((row, i) =>
    row.forEach((weight, j) =>
      first.forEach((own, p) =>
        own.forEach((value, q) => (all[i * stride + p][j * stride + q] += weight * value)),
      ),
    ),
  );
  return all;
}

eachBackend('the effective receptive field', () => {
  const data = images(11, 13, new Rng(5).normals(143), new Rng(6).normals(143));

  test('of a linear network is its analytic form, the composed filter', async () => {
    const first = [[1, -2, 3], [0.5, 1, -1]]; // prettier-ignore
    const second = [[1, 2], [-1, 0.5], [3, 1]]; // prettier-ignore
    const third = [[2, -1, 1]];
    const network = new Sequential([filter(first, 2), filter(second, 1), filter(third, 1)]);
    const { numTensors } = tf.memory();
    const field = await effectiveField(network, data, { box: '2' });
    expect(tf.memory().numTensors).toBe(numTensors);
    const all = composed(composed(first, 2, second), 2, third);
    // The outputs have the sizes 5x6, 3x5, 3x3, so that the middle is (1, 1).
    const [top, left] = [2, 2];
    const expected = Array.from({ length: 11 }, (_, y) =>
      Array.from({ length: 13 }, (_, x) => Math.abs(all[y - top]?.[x - left] ?? 0)),
    ).flat();
    field.values.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4));
    expect(field.theoretical).toEqual([[2, 7], [2, 10]]); // prettier-ignore
    const most = Math.max(...expected);
    const strong = expected.filter((value) => value > 0.0455 * most).length;
    expect(field.side).toBeCloseTo(Math.sqrt(strong), 10);
  });

  test('of equal weights has the variance n (K² − 1)/12 of Luo et al.', async () => {
    const row = () => filter([[1, 1, 1]], 1);
    const network = new Sequential([row(), row(), row(), row()]);
    const { values } = await effectiveField(network, data, { box: '3', examples: 1 });
    const line = Array.from(values.slice(5 * 13, 6 * 13));
    expect(line).toEqual([0, 0, 1, 4, 10, 16, 19, 16, 10, 4, 1, 0, 0]);
    const total = line.reduce((a, b) => a + b);
    const variance = line.reduce((sum, value, x) => sum + value * (x - 6) ** 2, 0) / total;
    expect(variance).toBeCloseTo((4 * (9 - 1)) / 12, 6);
  });

  test('is a root mean square over examples and units, and does not depend on the batches', async () => {
    const conv = new Conv2D(1, 2, 1, { bias: false, init: init.values([3, 4]) });
    const network = new Sequential([conv]);
    for (const batchSize of [1, 2]) {
      const { values, side } = await effectiveField(network, data, { box: '0', batchSize });
      expect(values[5 * 13 + 6]).toBeCloseTo(Math.sqrt((9 + 16) / 2), 5);
      expect(side).toBe(1);
    }
    const pool = new Sequential([new GlobalAvgPool2D(), new Flatten()]);
    const whole = await effectiveField(pool, data, { box: '0' });
    expect(whole.side).toBeCloseTo(Math.sqrt(143), 5);
  });

  test.each<[string, object]>([
    ['effectiveField: unknown option bx; did you mean box?', { bx: '0' }],
    ['effectiveField: expected box to be one of 0, got "4"', { box: '4' }],
    ['effectiveField: expected examples to be an integer of at least 1, got 0', { examples: 0 }],
  ])('refuses: %s', async (message, wrong) => {
    const options = { box: '0', ...wrong };
    await expect(effectiveField(new Sequential([new ReLU()]), data, options)).rejects.toThrow(
      new Error(message),
    );
  });
});
