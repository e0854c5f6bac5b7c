import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory } from '@tensorflow/tfjs-core';
import {
  BinaryCrossEntropy,
  Conv2D,
  Euclidean,
  Linear,
  Reshape,
  Rng,
  Sequential,
  SGD,
  Sigmoid,
  SoftmaxCrossEntropy,
  Tanh,
  useBackend,
  type Cost,
  type Module,
} from '../../index.ts';
import { ArrayTargetDataset, split, subset, type TargetDataset } from '../../data/index.ts';
import { soloGroup } from '../../lib/group.ts';
import { loadCheckpoint, saveCheckpoint } from '../../train/checkpoint.ts';
import { evaluate, Trainer, type EpochEvent } from '../../train/index.ts';
import { inputError } from '../support/inputError.ts';
import { xor } from '../support/toy.ts';

beforeEach(() => useBackend('cpu'));

/** y = 2 x_0 − x_1. */
function line(examples = 40): ArrayTargetDataset {
  const inputs = Float32Array.from(new Rng(1).normals(2 * examples));
  const targets = Array.from({ length: examples }, (_, i) => 2 * inputs[2 * i] - inputs[2 * i + 1]);
  const target = { kind: 'numbers', shape: [1] } as const;
  return new ArrayTargetDataset({ name: 'line', inputs, inputShape: [2], targets, target });
}

/** Two answers: whether x_0 and whether x_1 is positive. */
function signs(examples = 40): ArrayTargetDataset {
  const inputs = Float32Array.from(new Rng(2).normals(2 * examples));
  const targets = [...inputs].map((x) => (x > 0 ? 1 : 0));
  const target = { kind: 'answers', shape: [2] } as const;
  return new ArrayTargetDataset({ name: 'signs', inputs, inputShape: [2], targets, target });
}

/** Images of 3x2 pixels whose label is whether the pixel is bright; some pixels are ignored. */
function pixels(examples = 20): ArrayTargetDataset {
  const inputs = Float32Array.from(new Rng(3).normals(6 * examples));
  const targets = [...inputs].map((x, i) => (i % 5 === 0 ? 255 : x > 0 ? 1 : 0));
  const target = { kind: 'labels', shape: [3, 2], classes: 2, ignoreIndex: 255 } as const;
  return new ArrayTargetDataset({ name: 'pixels', inputs, inputShape: [3, 2, 1], targets, target });
}

/** A network that returns its input. */
class Same extends Reshape {}

async function train(
  network: Module,
  cost: Cost,
  data: TargetDataset,
  learningRate: number,
): Promise<EpochEvent<TargetDataset>[]> {
  const optimizer = new SGD(network.params, { learningRate, momentum: 0.9 });
  const events: EpochEvent<TargetDataset>[] = [];
  const [train, validation] = split(data, [0.75, 0.25], new Rng(4));
  const before = memory().numTensors;
  const trainer = new Trainer({
    network,
    cost,
    optimizer,
    train,
    validation,
    batchSize: 8,
    epochs: 12,
    rng: new Rng(5),
    onEpoch: (event) => void events.push(event),
  });
  const { best } = await trainer.run();
  const velocities = Object.keys(optimizer.state().tensors).length;
  expect(memory().numTensors - before).toBe(velocities);
  expect(Object.keys(best ?? {})).toEqual(['epoch', 'loss']);
  return events;
}

describe('Trainer learns', () => {
  it('a regression, and reports its errors', async () => {
    const network = new Linear(2, 1, { rng: new Rng(0) });
    const events = await train(network, new Euclidean(), line(), 0.3);
    const { train: trained, validation } = events[11];
    expect(Object.keys(trained)).toEqual(['loss', 'metrics']);
    expect(Object.keys(trained.metrics)).toEqual([
      'meanAbsoluteError',
      'meanSquaredError',
      'rSquared',
    ]);
    expect(validation?.metrics.meanAbsoluteError).toBeLessThan(0.1);
    // The cost is half the square.
    expect(trained.loss).toBeCloseTo(trained.metrics.meanSquaredError / 2, 6);
    expect(validation?.loss).toBeCloseTo(Number(validation?.metrics.meanSquaredError) / 2, 6);
  });

  it('several labels', async () => {
    const network = new Linear(2, 2, { rng: new Rng(0) });
    const events = await train(network, new BinaryCrossEntropy(), signs(), 0.5);
    const { metrics } = events[11].train;
    expect(Object.keys(metrics)).toEqual(['errorRate', 'exampleErrorRate']);
    expect(metrics.errorRate).toBeLessThan(0.1);
    expect(metrics.exampleErrorRate).toBeGreaterThanOrEqual(metrics.errorRate);
  });

  it('a label per pixel', async () => {
    const network = new Conv2D(1, 2, 1, { rng: new Rng(0) });
    const cost = new SoftmaxCrossEntropy({ ignoreIndex: 255 });
    const events = await train(network, cost, pixels(), 0.5);
    const { metrics } = events[11].train;
    expect(Object.keys(metrics)).toEqual(['errorRate', 'meanIoU']);
    expect(metrics.errorRate).toBeLessThan(0.1);
    expect(metrics.meanIoU).toBeGreaterThan(0.8);
  });

  it('images, with an autoencoder', async () => {
    const inputs = Float32Array.from(new Rng(6).uniforms(4 * 40));
    const target = { kind: 'numbers', shape: [2, 2, 1] } as const;
    const data = new ArrayTargetDataset({
      name: 'images',
      inputs,
      inputShape: [2, 2, 1],
      targets: inputs,
      target,
    });
    const rng = new Rng(0);
    const network = new Sequential([
      new Conv2D(1, 4, 1, { rng }),
      new Tanh(),
      new Conv2D(4, 1, 1, { rng }),
      new Sigmoid(),
    ]);
    const events = await train(network, new Euclidean(), data, 0.2);
    expect(events[11].train.loss).toBeLessThan(events[0].train.loss / 2);
  });
});

describe('evaluate', () => {
  const given = (
    info: TargetDataset['target'],
    inputs: number[],
    inputShape: number[],
    targets: number[],
  ) =>
    new ArrayTargetDataset({
      name: 'given',
      inputs: Float32Array.from(inputs),
      inputShape,
      targets,
      target: info,
    });

  it('measures numbers by hand, equally for each number of ranks', async () => {
    const data = given(
      { kind: 'numbers', shape: [2] },
      [1, 2, 3, 4, 5, 6],
      [2],
      [1, 0, 3, 5, 5, 3],
    );
    const cost = new Euclidean();
    const found = await evaluate(new Same([2]), data, { cost, batchSize: 2 });
    // The differences are 0, 2, 0, −1, 0, 3. The second numbers, 0, 5, 3, have the mean 8/3.
    const second = 1 - 14 / (0 + 25 + 9 - 64 / 3);
    expect(found).toEqual({
      examples: 3,
      loss: (4 + 1 + 9) / 2 / 3,
      metrics: {
        meanAbsoluteError: 1,
        meanSquaredError: 14 / 6,
        rSquared: expect.closeTo((1 + second) / 2, 12) as number,
      },
      each: [
        { meanAbsoluteError: 0, meanSquaredError: 0, rSquared: 1 },
        {
          meanAbsoluteError: 2,
          meanSquaredError: 14 / 3,
          rSquared: expect.closeTo(second, 12) as number,
        },
      ],
    });
    let other: Float64Array[] = [];
    const group = (rank: number) => ({
      ...soloGroup,
      rank,
      size: 2,
      sum: (values: Float64Array | Float32Array) => void other.push(Float64Array.from(values)),
    });
    other = [];
    for (const rank of [0, 1])
      await evaluate(new Same([2]), data, { cost, batchSize: 2, group: group(rank) }).catch(
        () => undefined,
      );
    // Each rank sums only its own batch.
    expect([...other[0]].slice(11, 22)).toEqual(Array(11).fill(0));
    expect([...other[1]].slice(0, 11)).toEqual(Array(11).fill(0));
  });

  it('leaves numbers that never change out of R²', async () => {
    const info = { kind: 'numbers', shape: [2] } as const;
    const data = given(info, [1, 7, 3, 7.5], [2], [1, 7, 2, 7]);
    const { metrics, each } = await evaluate(new Same([2]), data, { cost: new Euclidean() });
    expect(each.map(({ rSquared }) => rSquared)).toEqual([1 - 1 / 0.5, NaN]);
    expect(metrics.rSquared).toBe(-1);
  });

  it('measures answers by hand', async () => {
    const data = given(
      { kind: 'answers', shape: [2] },
      [1, -1, 2, 3, -1, 0],
      [2],
      [1, 0, 1, 0, 1, 1],
    );
    const cost = new BinaryCrossEntropy({ reduction: 'sum' });
    const { metrics, loss, each } = await evaluate(new Same([2]), data, { cost });
    // A score of 0 is a no. The second example has one wrong answer, the third has two.
    expect(metrics).toEqual({ errorRate: 3 / 6, exampleErrorRate: 2 / 3 });
    expect(each).toEqual([{ errorRate: 1 / 3 }, { errorRate: 2 / 3 }]);
    const s = (x: number) => Math.log(1 + Math.exp(x));
    expect(loss).toBeCloseTo((s(-1) + s(-1) + s(-2) + s(3) + s(1) + s(0)) / 3, 5);
  });

  it('measures labels per position by hand, and skips batches that are ignored', async () => {
    const info = { kind: 'labels', shape: [2], classes: 2, ignoreIndex: -1 } as const;
    // The answers are 0, 1 | 1, 0 | 1, none.
    const scores = [2, 1, 0, 3, 1, 5, 4, 0, 0, 1, NaN, 0];
    const data = given(
      info,
      scores.map((x) => (Number.isNaN(x) ? 0 : x)),
      [2, 2],
      [0, 1, 0, 0, -1, -1],
    );
    const cost = new SoftmaxCrossEntropy({ ignoreIndex: -1 });
    const { metrics, loss } = await evaluate(new Same([2, 2]), data, { cost, batchSize: 1 });
    // Class 0 is predicted at two of its three positions, so its IoU is 2/3. Class 1 is predicted
    // at its only position and at another one, so its IoU is 1/2.
    expect(metrics).toEqual({ errorRate: 1 / 4, meanIoU: (2 / 3 + 1 / 2) / 2 });
    const entropy = (right: number, wrong: number) => Math.log(1 + Math.exp(wrong - right));
    const total = entropy(2, 1) + entropy(3, 0) + entropy(1, 5) + entropy(4, 0);
    expect(loss).toBeCloseTo(total / 4, 5);
  });

  it('refuses what it cannot measure', async () => {
    const cost = new Euclidean();
    const untyped = evaluate as unknown as (...args: unknown[]) => Promise<unknown>;
    await expect(untyped(new Linear(2, 1, { rng: new Rng(0) }), line())).rejects.toThrow(
      inputError('evaluate: expected the cost of the targets of line, got none'),
    );
    await expect(untyped(new Linear(2, 2, { rng: new Rng(0) }), xor(), { cost })).rejects.toThrow(
      'evaluate: unknown option cost',
    );
    await expect(evaluate(new Linear(2, 2, { rng: new Rng(0) }), line(), { cost })).rejects.toThrow(
      'Linear.forward: expected output of shape [40, 1] for line, got [40, 2]',
    );
    const ignored = given(
      { kind: 'labels', shape: [], classes: 2, ignoreIndex: -1 },
      [0, 0],
      [2],
      [-1],
    );
    const entropy = new SoftmaxCrossEntropy({ ignoreIndex: -1 });
    await expect(evaluate(new Same([2]), ignored, { cost: entropy })).rejects.toThrow(
      'evaluate: expected targets of given that count in the mean, got none',
    );
  });
});

describe('a training with targets', () => {
  it('resumes within an epoch with the same bytes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'boxprop-targets-'));
    const run = async (file: string, stopAt: number, from?: string) => {
      const network = new Linear(2, 1, { rng: new Rng(0) });
      const optimizer = new SGD(network.params, { learningRate: 0.01, momentum: 0.9 });
      const stop = new AbortController();
      const events: unknown[] = [];
      const trainer: Trainer<TargetDataset> = new Trainer({
        network,
        optimizer,
        cost: new Euclidean(),
        train: line(),
        validation: line(),
        batchSize: 9,
        epochs: 2,
        rng: new Rng(8),
        signal: stop.signal,
        onStep: ({ step }) => void (step === stopAt && stop.abort()),
        onEpoch: (event) => void events.push(event),
        checkpoint: () => saveCheckpoint(file, { network, optimizer, progress: trainer.progress }),
      });
      if (from !== undefined) trainer.restore(await loadCheckpoint(from, { network, optimizer }));
      await trainer.run();
      return { bytes: await readFile(file), events };
    };
    try {
      const [half, whole, rest] = ['half', 'whole', 'rest'].map((name) => join(folder, name));
      const expected = await run(whole, -1);
      await run(half, 6);
      const found = await run(rest, -1, half);
      expect(found.bytes.equals(expected.bytes)).toBe(true);
      expect(found.events).toEqual(expected.events.slice(1));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is refused with other targets in validation, or progress of labels', () => {
    const network = new Linear(2, 1, { rng: new Rng(0) });
    const options = {
      network,
      optimizer: new SGD(network.params, { learningRate: 0.01 }),
      cost: new Euclidean(),
      train: line(),
      batchSize: 9,
      epochs: 2,
      rng: new Rng(8),
    };
    expect(() => new Trainer({ ...options, validation: xor() as never })).toThrow(
      'Trainer: expected the same kind of targets in train and validation, got different ones',
    );
    const { metricSums: _, ...progress } = new Trainer(options).progress;
    expect(() => new Trainer(options).restore(progress)).toThrow(
      'Trainer.restore: expected progress with 5 sums of metrics, for the targets of line, got none',
    );
  });
});

test('a target dataset refuses what it cannot hold', () => {
  const base = { name: 'd', inputs: Float32Array.of(1, 2), inputShape: [1], targets: [1, 0] };
  const make =
    (target: object, more: object = {}) =>
    () =>
      new ArrayTargetDataset({ ...base, target: target as never, ...more });
  const refusals: [() => unknown, string][] = [
    [
      make({ kind: 'number', shape: [] }),
      'd: expected a kind out of numbers, answers, labels, got "number"',
    ],
    [
      make({ kind: 'labels', shape: [] }),
      'd: expected a number of classes with labels, got undefined',
    ],
    [
      make({ kind: 'numbers', shape: [], classes: 3 }),
      'd: expected classes for labels only, got 3',
    ],
    [
      make({ kind: 'labels', shape: [], classes: 1 }),
      'd: example 0: expected labels from 0 to 0, got 1',
    ],
    [
      make({ kind: 'answers', shape: [] }, { targets: [1, 2] }),
      'd: example 1: expected answers from 0 to 1, got 2',
    ],
    [
      make({ kind: 'numbers', shape: [] }, { targets: [1, NaN] }),
      'd: example 1: expected finite numbers, got NaN',
    ],
    [
      make({ kind: 'numbers', shape: [] }, { inputs: Float32Array.of(1, Infinity) }),
      'd: example 1: expected finite inputs, got Infinity',
    ],
    [
      make({ kind: 'numbers', shape: [2] }),
      'd: expected inputs of shape [1] and as many targets of shape [2], got 2 and 2 values',
    ],
    [
      make({ kind: 'numbers', shape: [] }, { target: { kind: 'numbers', shape: [], clases: 2 } }),
      'd: target: unknown option clases; did you mean classes?',
    ],
  ];
  for (const [act, message] of refusals) expect(act).toThrow(message);
  expect(() => line().batch(Int32Array.of())).toThrow(
    'line: batch: expected at least one index, got none',
  );
  expect(() => line().batch(Int32Array.of(40))).toThrow(
    'line: batch: expected an index from 0 to 39, got 40',
  );
  const part = subset(line(), [3, 1]);
  expect(part).toMatchObject({ length: 2, target: { kind: 'numbers' } });
});
