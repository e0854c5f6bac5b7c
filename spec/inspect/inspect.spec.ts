import * as tf from '@tensorflow/tfjs-core';
import { Flatten, init, Linear, Sequential, SoftmaxCrossEntropy, useBackend } from '../../index.ts';
import {
  costGradient,
  fastGradientSign,
  inputGradient,
  occlusion,
  saliency,
} from '../../inspect/index.ts';
import { expectAllClose, expectNoLeak, messageOf } from '../support/compare.ts';
import { eachBackend } from '../support/fixtures.ts';
import { inputError } from '../support/inputError.ts';

/**
 * The weights of a classifier of 1x2 images with two channels. Each row gives the score of one of
 * three classes.
 */
const W = [
  [1, -5, 2, 0],
  [0, 3, -1, 4],
  [-2, 0, 0, 1],
];
const classifier = () =>
  new Sequential([new Flatten(), new Linear(4, 3, { bias: false, init: init.values(W.flat()) })]);

eachBackend('of a linear classifier', () => {
  test("the gradient of the data is W's rows, weighted as the cost says", () => {
    const network = classifier();
    const image = tf.tensor4d([0.5, 0.25, 1, 0], [1, 1, 2, 2]);
    const scores = W.map((row) => row[0] * 0.5 + row[1] * 0.25 + row[2]);
    const exps = scores.map(Math.exp);
    const sum = exps.reduce((total, e) => total + e);
    const weights = exps.map((e, k) => e / sum - (k === 1 ? 1 : 0));
    const expected = [0, 1, 2, 3].map((i) =>
      W.reduce((total, row, k) => total + weights[k] * row[i], 0),
    );
    expectNoLeak(() => {
      const labels = tf.tensor1d([1], 'int32');
      const gradient = inputGradient(
        network,
        image,
        costGradient(new SoftmaxCrossEntropy(), labels),
      );
      expectAllClose(gradient, { shape: [1, 1, 2, 2], values: expected });
      tf.dispose([gradient, labels]);
    });
  });

  test('saliency is the largest weight of the class over the channels, each image with its own class', () => {
    const network = classifier();
    const images = tf.zeros<tf.Rank.R4>([2, 1, 2, 2]);
    expectNoLeak(() => {
      const map = saliency(network, { images, labels: [0, 1] });
      expectAllClose(map, { shape: [2, 1, 2], values: [5, 2, 3, 4] });
      map.dispose();
    });
    expect(() => saliency(network, { images, labels: [0, 3] })).toThrow(/expected .*, got 3/);
  });

  test('the fast gradient sign method moves each value by ε in the direction that raises the cost, within 0 ... 1', () => {
    const network = classifier();
    const image = tf.tensor4d([0.5, 0.25, 1, 0.1], [1, 1, 2, 2]);
    const labels = tf.tensor1d([1], 'int32');
    expectNoLeak(() => {
      const moved = fastGradientSign(network, { input: image, labels, epsilon: 0.2 });
      // Class 0 has the largest score, so the cost of class 1 rises along
      // row 0 − row 1 = (1, −8, 3, −4).
      expectAllClose(moved, { shape: [1, 1, 2, 2], values: [0.7, 0.05, 1, 0] });
      moved.dispose();
    });
    expect(() => fastGradientSign(network, { input: image, labels, epsilon: NaN })).toThrow(
      inputError('fastGradientSign: expected epsilon to be a number of at least 0, got NaN'),
    );
  });

  test('occlusion gives the probability of the class with each pixel hidden', async () => {
    const network = classifier();
    const pixels = [0.5, 0.25, 1, 0.1];
    const image = tf.tensor4d(pixels, [1, 1, 2, 2]);
    const { numTensors } = tf.memory();
    const found = await occlusion(network, { image, label: 2, size: 1, stride: 1, value: 0 });
    expect(tf.memory().numTensors).toBe(numTensors);
    expect([found.rows, found.columns]).toEqual([1, 2]);
    const expected = [
      [0, 0, 1, 0.1],
      [0.5, 0.25, 0, 0],
    ].map((seen) => {
      const exps = W.map((row) => Math.exp(row.reduce((total, w, i) => total + w * seen[i], 0)));
      return exps[2] / exps.reduce((total, e) => total + e);
    });
    found.probabilities.forEach((p, i) => expect(p).toBeCloseTo(expected[i], 5));
  });
});

test('unknown options are refused', async () => {
  await useBackend('cpu');
  const network = classifier();
  const image = tf.zeros<tf.Rank.R4>([1, 1, 2, 2]);
  const labels = tf.tensor1d([0], 'int32');
  const unknownOf: [string, () => unknown][] = [
    ['saliency: unknown option label; did you mean labels?', () => saliency(network, { images: image, labels: [0], label: 0 } as never)], // prettier-ignore
    ['fastGradientSign: unknown option eps; expected one of input, labels, epsilon, cost', () => fastGradientSign(network, { input: image, labels, epsilon: 0.1, eps: 1 } as never)], // prettier-ignore
  ];
  for (const [message, call] of unknownOf) expect(messageOf(call)).toBe(message);
  await expect(occlusion(network, { image, label: 0, strides: 2 } as never)).rejects.toThrow(
    /^occlusion: unknown option strides; did you mean stride\?$/,
  );
});
