import * as tf from '@tensorflow/tfjs-core';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Rng, useBackend } from '../../index.ts';
import type { Dataset } from '../../data/index.ts';
import { openFolds, preprocessFold, trainFold } from '../../cli/trainFold.ts';
import { runOptionsAt } from '../../cli/searchSpace.ts';

/** The folder of 40 images of 4x4. The sign of an image's first pixel is its label. */
let data: string;
beforeAll(async () => {
  await useBackend('cpu');
  data = mkdtempSync(join(tmpdir(), 'boxprop-fold-'));
  const rng = new Rng(2);
  const rows = Array.from({ length: 40 }, (_, i) => {
    const [first, ...rest] = rng.normals(16);
    return [i % 2, (i % 2 === 0 ? -1 : 1) * Math.abs(first), ...rest].join(',');
  });
  for (const part of ['train', 'test']) {
    writeFileSync(
      join(data, `${part}.csv`),
      ['label,' + Array.from({ length: 16 }, (_, i) => `x${i}`).join(), ...rows].join('\n'),
    );
  }
});
afterAll(() => rmSync(data, { recursive: true }));

const BASE = () => ({
  network: 'examples/searchNetwork.ts',
  data,
  shape: '4,4,1',
  epochs: 3,
  batchSize: 5,
  architecture: { depth: 1, maps: 2, kernelSize: 3, batchNorm: true },
});
const optionsAt = (learningRate: number) =>
  runOptionsAt({ file: 'space.json', base: BASE(), space: {} }, { learningRate });

async function foldsOf(count: number) {
  return openFolds(optionsAt(0.01), { folds: count, seed: 3 });
}

describe('the folds of a search', () => {
  it('hold out every example once, and train on all others', async () => {
    const rowsOf = async (part: Dataset) => {
      const { input, labels } = await part.batch(
        Int32Array.from({ length: part.length }, (_, i) => i),
      );
      const values = Array.from(input.dataSync());
      tf.dispose([input, labels]);
      return Array.from({ length: part.length }, (_, i) =>
        values.slice(16 * i, 16 * i + 16).join(),
      );
    };
    const held: string[] = [];
    for (const fold of await foldsOf(3)) {
      const [train, out] = [await rowsOf(fold.train), await rowsOf(fold.held)];
      expect(new Set([...train, ...out]).size).toBe(40);
      held.push(...out);
    }
    expect(held).toHaveLength(40);
    expect(new Set(held).size).toBe(40);
  });

  it('give the same result for the same options, and training lowers the loss', async () => {
    const [fold] = await foldsOf(2);
    const [first, again] = [
      await trainFold(optionsAt(0.01), fold, 0),
      await trainFold(optionsAt(0.01), fold, 0),
    ];
    expect(again).toEqual(first);
    expect(first.examples).toBe(20);
    expect(first.loss).toBeLessThan((await trainFold(optionsAt(1e-6), fold, 0)).loss);
  });

  it('leak no tensor, whether a trial ends or fails', async () => {
    const [fold] = await foldsOf(2);
    const part = await preprocessFold(fold, ['standardize']);
    const before = tf.memory().numTensors;
    await trainFold(optionsAt(0.01), part, 0);
    expect(tf.memory().numTensors).toBe(before);
    await expect(trainFold(optionsAt(1e30), part, 0)).rejects.toThrow('non-finite');
    expect(tf.memory().numTensors).toBe(before);
  });
});
