import * as tf from '@tensorflow/tfjs-core';
import { Conv2D, Flatten, init, Linear, ReLU, Sequential } from '../../index.ts';
import { ArrayDataset } from '../../data/index.ts';
import { occludePatches, topPatches } from '../../inspect/index.ts';
import { eachBackend } from '../support/fixtures.ts';

const data = new ArrayDataset({
  name: 'two',
  inputs: Float32Array.of(0, 0, 0, 0, 0, 4, 8, 0, 0, 2, 2, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
  inputShape: [3, 4, 1],
  labels: [0, 0],
  classes: 1,
});

/** The response is the sum of the left column of a window of 2x2, and twice the right one. */
const network = () =>
  new Sequential([
    new Conv2D(1, 2, 2, { bias: false, init: init.values([0, 1, 0, 2, 0, 1, 0, 2]) }),
    new ReLU(),
  ]);

eachBackend('occlusion of patches', () => {
  test('the response while a square hides the pixel with the mean colour', async () => {
    const net = network();
    const { numTensors } = tf.memory();
    const units = await topPatches(net, data, { box: '1', units: [1], count: 1 });
    expect(units[0].patches[0].response).toBe(4 + 2 * 8 + 2 + 2 * 2);
    const done: number[][] = [];
    const [[map]] = await occludePatches(net, data, {
      box: '1',
      units,
      batchSize: 3,
      onPatch: (...counts) => done.push(counts),
    });
    // The mean colour of the image is 16/12, and the patch is [[4, 8], [2, 2]].
    const mean = 4 / 3;
    const expected = [26 - 4 + mean, 26 - 2 * (8 - mean), 26 - 2 + mean, 26 - 2 * (2 - mean)];
    expected.forEach((value, i) => expect(map[i]).toBeCloseTo(value, 4));
    expect(done).toEqual([[1, 1]]);
    expect(tf.memory().numTensors).toBe(numTensors);
  });

  test('overlapping squares are averaged, and the last one ends at the border', async () => {
    const sum = new Linear(12, 1, { bias: false, init: init.values(new Array(12).fill(1)) });
    const net = new Sequential([new Flatten(), sum]);
    const units = await topPatches(net, data, { box: '1', count: 1 });
    expect(units[0].patches[0].shape).toEqual([3, 4, 1]);
    const [[map]] = await occludePatches(net, data, { box: '1', units, size: 2, stride: 3 });
    // Squares at rows 0 and 1, and at columns 0 and 2, of [[0,0,0,0],[0,4,8,0],[0,2,2,0]].
    const mean = 4 / 3;
    const hidden = (total: number) => 16 - total + 4 * mean;
    const [topLeft, topRight, left, right] = [4, 8, 6, 10].map(hidden);
    const both = (a: number, b: number) => (a + b) / 2;
    const expected = [
      [topLeft, topLeft, topRight, topRight],
      [both(topLeft, left), both(topLeft, left), both(topRight, right), both(topRight, right)],
      [left, left, right, right],
    ].flat();
    expected.forEach((value, i) => expect(map[i]).toBeCloseTo(value, 4));
  });

  test.each<[string, object]>([
    ['occludePatches: unknown option sze; did you mean size?', { sze: 2 }],
    ['occludePatches: expected size to be an integer of at least 1, got 0', { size: 0 }],
    ['occludePatches: expected box to be one of 0, 1, got "9"', { box: '9' }],
  ])('refuses: %s', async (message, wrong) => {
    const options = { box: '1', units: [], ...wrong };
    await expect(occludePatches(network(), data, options)).rejects.toThrow(new Error(message));
  });

  test('refuses examples that are not images', async () => {
    const vectors = new ArrayDataset({ name: 'v', inputs: Float32Array.of(1), inputShape: [1], labels: [0], classes: 1 }); // prettier-ignore
    await expect(
      occludePatches(new Sequential([new ReLU()]), vectors, { box: '0', units: [] }),
    ).rejects.toThrow(new Error('occludePatches: expected images, got examples of shape [1]'));
  });
});
