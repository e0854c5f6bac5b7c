import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, mul } from '@tensorflow/tfjs-core';
import {
  BatchNorm,
  init,
  Linear,
  Rng,
  Sequential,
  SGD,
  SoftmaxCrossEntropy,
  useBackend,
} from '../../index.ts';
import { loadCheckpoint, saveCheckpoint } from '../../train/checkpoint.ts';
import { evaluate, freeze, Trainer, WeightAverage } from '../../train/index.ts';
import { eachBackend } from '../support/fixtures.ts';
import { inputError } from '../support/inputError.ts';
import { xor } from '../support/toy.ts';

const one = (value: number) => new Linear(1, 1, { bias: false, init: init.values([value]) });

function network(): Sequential {
  const rng = new Rng(1);
  return new Sequential([new Linear(2, 4, { rng }), new BatchNorm(4), new Linear(4, 2, { rng })]);
}

const values = (tensors: Sequential['params']) =>
  Object.values(tensors).map((tensor) => [...tensor.dataSync()]);

eachBackend('WeightAverage', () => {
  it('averages by hand, with a small decay at the start', () => {
    const box = one(10);
    const average = new WeightAverage(box, { decay: 0.5 });
    const set = (value: number) => box.params.weight.assign(one(value).params.weight);
    const at = () => average.tensors.weight.dataSync()[0];
    expect(at()).toBe(10);
    set(0);
    average.update(0); // d = 1/10
    expect(at()).toBeCloseTo(1, 6);
    set(3);
    average.update(1); // d = 2/11
    expect(at()).toBeCloseTo(1 + (9 / 11) * 2, 6);
    average.update(1000); // d = 0.5
    expect(at()).toBeCloseTo((1 + 18 / 11 + 3) / 2, 6);
  });

  it('lends the averages to the network, and gives back every bit, also after an error', async () => {
    const box = network();
    const average = new WeightAverage(box);
    const { numTensors } = memory();
    const own = values({ ...box.params, ...box.buffers });
    for (const tensor of Object.values(average.tensors)) tensor.assign(mul(tensor, 2));
    const seen = await average.during(() =>
      Promise.resolve(values({ ...box.params, ...box.buffers })),
    );
    expect(seen).toEqual(values(average.tensors));
    await expect(average.during(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(values({ ...box.params, ...box.buffers })).toEqual(own);
    average.assign();
    expect(values({ ...box.params, ...box.buffers })).toEqual(seen);
    average.update(0);
    // Equal weights change no bit of the average.
    expect(values(average.tensors)).toEqual(seen);
    average.dispose();
    expect(memory().numTensors).toBeLessThanOrEqual(numTensors);
  });
});

describe('a training with an average', () => {
  beforeAll(() => useBackend('cpu'));

  const run = async (file: string, stopAt: number, from?: string, frozen = false) => {
    const whole = network();
    const trained = frozen ? freeze(whole, ['0', '1']) : whole;
    const optimizer = new SGD(trained.params, { learningRate: 0.1, momentum: 0.9 });
    const average = new WeightAverage(trained, { decay: 0.9 });
    const stop = new AbortController();
    const seen: { validation: number | undefined; again: number; weights: number[][] }[] = [];
    const counts: number[] = [];
    const trainer: Trainer = new Trainer({
      network: trained,
      optimizer,
      average,
      cost: new SoftmaxCrossEntropy(),
      train: xor(20),
      validation: xor(12),
      batchSize: 8,
      epochs: 3,
      rng: new Rng(8),
      signal: stop.signal,
      onStep: ({ step }) => {
        counts.push(memory().numTensors);
        if (step === stopAt) stop.abort();
      },
      onEpoch: async ({ validation }) => {
        const { loss } = await evaluate(trained, xor(12));
        seen.push({ validation: validation?.loss, again: loss, weights: values(whole.params) });
      },
      checkpoint: () =>
        saveCheckpoint(file, { network: trained, optimizer, average, progress: trainer.progress }),
    });
    if (from !== undefined)
      trainer.restore(await loadCheckpoint(from, { network: trained, optimizer, average }));
    await trainer.run();
    return { seen, average, whole, counts, bytes: await readFile(file) };
  };

  it('validates the averages, keeps the weights, and resumes with the same bytes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'boxprop-average-'));
    try {
      const [half, whole, rest, none] = ['half', 'whole', 'rest', 'none'].map((name) =>
        join(folder, name),
      );
      const expected = await run(whole, -1);
      for (const { validation, again } of expected.seen) expect(validation).toBe(again);
      expect(expected.seen[2].weights).toEqual(values(expected.average.tensors).slice(0, 6));
      expect(values(expected.whole.params)).not.toEqual(expected.seen[2].weights);
      expect(expected.counts.slice(6)).toEqual(expected.counts.slice(3, 6));
      for (const stop of [1, 4]) {
        await run(half, stop);
        expect((await run(rest, -1, half)).bytes.equals(expected.bytes)).toBe(true);
      }
      const box = network();
      const optimizer = new SGD(box.params, { learningRate: 0.1, momentum: 0.9 });
      await expect(loadCheckpoint(whole, { network: box, optimizer })).rejects.toThrow(
        inputError(
          `${whole}: average/0.bias: expected none, got one of shape [4]; a training with an average of the weights continues with one, and no other does`,
        ),
      );
      const progress = { step: 0, examples: 1, batchSize: 1, lossSum: 0, errors: 0, streams: [] };
      await saveCheckpoint(none, {
        network: box,
        optimizer,
        progress: { ...progress, streams: [1, 2, 3].map((seed) => new Rng(seed).state) },
      });
      const average = new WeightAverage(box);
      await expect(loadCheckpoint(none, { network: box, optimizer, average })).rejects.toThrow(
        'average/0.weight: expected one of shape [4, 2], got none',
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('keeps every bit of frozen weights', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'boxprop-average-'));
    try {
      const { average } = await run(join(folder, 'a'), -1, undefined, true);
      const frozen = ['0.weight', '0.bias', '1.runningMean'];
      const start = network();
      for (const name of frozen)
        expect([...average.tensors[name].dataSync()]).toEqual([
          ...{ ...start.params, ...start.buffers }[name].dataSync(),
        ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('refuses a decay that is none', () => {
    for (const decay of [1, -0.1, NaN, '0.9' as never])
      expect(() => new WeightAverage(one(0), { decay })).toThrow(
        `WeightAverage: expected decay to be a number from 0 to below 1, got ${typeof decay === 'string' ? '"0.9"' : decay}`,
      );
    expect(() => new WeightAverage(one(0), { decya: 1 } as never)).toThrow(
      'WeightAverage: unknown option decya; did you mean decay?',
    );
  });
});
