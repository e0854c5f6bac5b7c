import { memory, type Tensor } from '@tensorflow/tfjs-core';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Flatten,
  Linear,
  Rng,
  Sequential,
  SGD,
  SoftmaxCrossEntropy,
  useBackend,
} from '../../index.ts';
import { ArrayDataset, augment, crop, flip, mapInputs, mix, type Batch } from '../../data/index.ts';
import { shareOf } from '../../lib/group.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { loadCheckpoint, saveCheckpoint } from '../../train/checkpoint.ts';
import { Trainer } from '../../train/index.ts';

beforeAll(() => useBackend('cpu'));

const [HEIGHT, WIDTH, CLASSES] = [6, 5, 3];

/** Image i has the value i + 1 everywhere, and the label i modulo 3. */
function flat(examples = 12): ArrayDataset {
  const size = HEIGHT * WIDTH;
  return new ArrayDataset({
    name: 'flat',
    inputs: Float32Array.from({ length: examples * size }, (_, i) => Math.floor(i / size) + 1),
    inputShape: [HEIGHT, WIDTH, 1],
    labels: Array.from({ length: examples }, (_, i) => i % CLASSES),
    classes: CLASSES,
  });
}

const all = Int32Array.from({ length: 12 }, (_, i) => i);
const rows = (x: Tensor) => {
  const size = x.size / x.shape[0];
  const values = [...x.dataSync()];
  return Array.from({ length: x.shape[0] }, (_, k) => values.slice(k * size, (k + 1) * size));
};

function read({ input, labels, target }: Batch) {
  if (target === undefined) throw new Error('no target');
  const found = { input: rows(input), labels: [...labels.dataSync()], target: rows(target) };
  disposeTensors([input, labels, target]);
  return found;
}

test('mixup blends inputs and targets with the same part', async () => {
  const { input, labels, target } = read(await mix(flat(), { mixup: 1 }).batch(all, new Rng(1)));
  const parts = new Set<number>();
  input.forEach((image, k) => {
    expect(new Set(image).size).toBe(1);
    const y = target[k];
    expect(y.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
    expect(y[labels[k]]).toBe(Math.max(...y));
    // x = λ (k + 1) + (1 − λ) (b + 1), where b is a whole number of the class that has 1 − λ.
    const part = y[k % CLASSES];
    parts.add(part);
    if (part === 1) return;
    const partner = (image[0] - part * (k + 1)) / (1 - part) - 1;
    expect(partner).toBeCloseTo(Math.round(partner), 3);
    expect(y[Math.round(partner) % CLASSES]).toBeCloseTo(1 - part, 6);
  });
  expect(parts.size).toBeGreaterThan(5);
});

test('cutmix pastes a rectangle, and its area is the part of the target', async () => {
  const { input, target } = read(await mix(flat(), { cutmix: 1 }).batch(all, new Rng(2)));
  let pasted = 0;
  input.forEach((image, k) => {
    const inside = image.flatMap((value, i) => (value === k + 1 ? [] : [i]));
    const part = 1 - inside.length / image.length;
    const others = new Set(inside.map((i) => image[i]));
    expect(others.size).toBeLessThanOrEqual(1);
    if (inside.length === 0) return;
    pasted++;
    const partner = [...others][0] - 1;
    if (partner % CLASSES !== k % CLASSES) {
      expect(target[k][k % CLASSES]).toBeCloseTo(part, 6);
      expect(target[k][partner % CLASSES]).toBeCloseTo(1 - part, 6);
    }
    // The changed pixels are a rectangle.
    const [ys, xs] = [inside.map((i) => Math.floor(i / WIDTH)), inside.map((i) => i % WIDTH)];
    const area = (Math.max(...ys) - Math.min(...ys) + 1) * (Math.max(...xs) - Math.min(...xs) + 1);
    expect(inside.length).toBe(area);
  });
  expect(pasted).toBeGreaterThan(4);
});

test('the part has the distribution Beta(α, α)', async () => {
  for (const alpha of [0.2, 1, 4]) {
    const mixed = mix(flat(), { mixup: alpha });
    const parts: number[] = [];
    for (let step = 0; step < 60; step++) {
      const { target } = read(await mixed.batch(all, new Rng(step)));
      // A partner of the same class hides the part.
      target.forEach((y, k) => y[k % CLASSES] < 1 && parts.push(y[k % CLASSES]));
    }
    const mean = parts.reduce((sum, x) => sum + x, 0) / parts.length;
    const variance = parts.reduce((sum, x) => sum + (x - mean) ** 2, 0) / parts.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.06);
    // The variance of Beta(α, α) is 1/(4 (2 α + 1)).
    expect(variance * 4 * (2 * alpha + 1)).toBeGreaterThan(0.8);
    expect(variance * 4 * (2 * alpha + 1)).toBeLessThan(1.2);
  }
});

test('ranks mix as one process does, a generator repeats a batch, and validation is unchanged', async () => {
  const mixed = mix(augment(flat(), [flip()]), { mixup: 0.4, cutmix: 1 });
  const whole = read(await mixed.batch(all, new Rng(3)));
  expect(read(await mixed.batch(all, new Rng(3)))).toEqual(whole);
  const [a, b] = await Promise.all(
    [0, 1].map(async (rank) => {
      const share = shareOf({ rank, size: 2 }, all.length);
      const own = all.slice(share.from, share.from + share.count);
      return read(await mixed.batch(own, new Rng(3), share));
    }),
  );
  expect({
    input: [...a.input, ...b.input],
    labels: [...a.labels, ...b.labels],
    target: [...a.target, ...b.target],
  }).toEqual(whole);
  const plain = await mixed.batch(all);
  expect(plain.target).toBeUndefined();
  expect(rows(plain.input)[3]).toEqual(new Array(HEIGHT * WIDTH).fill(4));
});

test('other steps of the data keep the targets, and nothing leaks', async () => {
  const { numTensors } = memory();
  const mixed = mix(flat(), { mixup: 0.4 });
  for (const data of [
    augment(mixed, [flip()]),
    mapInputs(mixed, new Flatten()),
    crop(mixed, [4, 4]),
  ])
    expect(read(await data.batch(all, new Rng(0))).target).toHaveLength(all.length);
  const broken = { ...flat(), batch: () => Promise.reject(new Error('no disk')) };
  await expect(mix(broken, { mixup: 1 }).batch(all, new Rng(0))).rejects.toThrow('no disk');
  expect(memory().numTensors).toBe(numTensors);
});

test('a training with mixed examples resumes with the same bytes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'boxprop-mix-'));
  const run = async (file: string, stopAt: number, from?: string) => {
    const rng = new Rng(1);
    const network = new Sequential([new Flatten(), new Linear(HEIGHT * WIDTH, CLASSES, { rng })]);
    const optimizer = new SGD(network.params, { learningRate: 0.01, momentum: 0.9 });
    const stop = new AbortController();
    const trainer: Trainer = new Trainer({
      network,
      optimizer,
      cost: new SoftmaxCrossEntropy({ labelSmoothing: 0.1, weights: [1, 2, 1] }),
      train: mix(flat(), { mixup: 0.4, cutmix: 1 }),
      batchSize: 5,
      accumulate: 2,
      epochs: 2,
      rng: new Rng(8),
      signal: stop.signal,
      onStep: ({ step }) => void (step === stopAt && stop.abort()),
      checkpoint: () => saveCheckpoint(file, { network, optimizer, progress: trainer.progress }),
    });
    if (from !== undefined) trainer.restore(await loadCheckpoint(from, { network, optimizer }));
    await trainer.run();
    return readFile(file);
  };
  try {
    const [half, whole, rest] = ['half', 'whole', 'rest'].map((name) => join(folder, name));
    const expected = await run(whole, -1);
    await run(half, 3);
    expect((await run(rest, -1, half)).equals(expected)).toBe(true);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('refuses what it cannot mix', () => {
  const table = new ArrayDataset({
    name: 'table',
    inputs: Float32Array.of(1, 2),
    inputShape: [1],
    labels: [0, 1],
    classes: 2,
  });
  const refusals: [() => unknown, string][] = [
    [() => mix(flat(), {}), 'mix: expected mixup, cutmix or both, got none'],
    [() => mix(flat(), { mixup: 0 }), 'mix: expected mixup to be a number above 0, got 0'],
    [() => mix(flat(), { cutmix: NaN }), 'mix: expected cutmix to be a number above 0, got NaN'],
    [() => mix(flat(), { mixUp: 1 } as never), 'mix: unknown option mixUp; did you mean mixup?'],
    [
      () => mix(table, { cutmix: 1 }),
      'table: expected images [height, width, channels] for cutmix, got [1]',
    ],
  ];
  for (const [act, message] of refusals) expect(act).toThrow(message);
});
