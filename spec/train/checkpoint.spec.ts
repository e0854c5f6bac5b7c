import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fill } from '@tensorflow/tfjs-core';
import {
  Adam,
  constantRate,
  ReduceOnPlateau,
  Rng,
  SoftmaxCrossEntropy,
  useBackend,
} from '../../index.ts';
import { decodeSafetensors, encodeSafetensors } from '../../formats/safetensors/safetensors.ts';
import { saveWeights } from '../../formats/safetensors/weights.ts';
import { loadCheckpoint, readProgress, saveCheckpoint } from '../../train/checkpoint.ts';
import { Trainer, type StepEvent, type TrainerOptions } from '../../train/index.ts';
import { inputError } from '../support/inputError.ts';
import { perceptron, xor } from '../support/toy.ts';

let folder: string;
let file: string;

beforeAll(() => useBackend('cpu'));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-checkpoint-'));
  file = join(folder, 'model.safetensors');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Trains for `epochs` epochs and saves a checkpoint after each. */
function training(epochs: number, change: Partial<TrainerOptions> = {}) {
  const network = perceptron(0);
  const optimizer = new Adam(network.params, { learningRate: 0.01 });
  const checkpoint = () =>
    saveCheckpoint(file, {
      network,
      optimizer,
      progress: trainer.progress,
      metadata: { network: 'perceptron' },
    });
  const trainer: Trainer = new Trainer({
    network,
    optimizer,
    checkpoint,
    epochs,
    cost: new SoftmaxCrossEntropy(),
    train: xor(),
    batchSize: 12,
    rng: new Rng(0),
    ...change,
  });
  return { network, optimizer, trainer };
}

const values = ({ network }: ReturnType<typeof training>) =>
  Object.values(network.params).map((param) => [...param.dataSync()]);

/** Rewrites the checkpoint with other metadata. The value undefined removes an entry. */
async function change(entries: Record<string, string | undefined>): Promise<void> {
  const { network, optimizer, trainer } = training(1);
  await saveCheckpoint(file, { network, optimizer, progress: trainer.progress });
  const { metadata } = decodeSafetensors(readFileSync(file), file);
  const changed = Object.entries({ ...metadata, ...entries }).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  );
  await saveWeights(file, network.params, Object.fromEntries(changed));
}

async function expectRefusal(message: string): Promise<void> {
  const { network, optimizer } = training(1);
  const refusal = inputError(`${file}: ${message}`);
  await expect(loadCheckpoint(file, { network, optimizer })).rejects.toEqual(refusal);
  if (!message.includes('optimizer')) await expect(readProgress(file)).rejects.toEqual(refusal);
}

test('a continued training equals one that was never interrupted', async () => {
  const whole = training(2);
  await whole.trainer.run();
  await training(1).trainer.run();
  const second = training(2);
  const { network, optimizer, trainer } = second;
  expect(await readProgress(file)).toMatchObject({ step: 3, examples: 32, batchSize: 12 });
  trainer.restore(await loadCheckpoint(file, { network, optimizer }));
  await trainer.run();
  expect(values(second)).toEqual(values(whole));
  expect(optimizer.state().scalars).toEqual({ steps: 6 });
});

test('progress that contradicts the training is refused', async () => {
  const { trainer } = training(1);
  await trainer.run();
  const progress = trainer.progress;
  const refusal = (more: object) => () => training(2).trainer.restore({ ...progress, ...more });
  expect(refusal({ step: 7 })).toThrow(
    inputError('Trainer.restore: expected progress of at most 6 steps, 2 epochs, got step 7'),
  );
  expect(refusal({ errors: 500 })).toThrow(
    inputError('Trainer.restore: expected at most 32 errors in an epoch, got 500'),
  );
  expect(refusal({})).not.toThrow();
});

describe("the optimizer's number of steps", () => {
  test.each([
    [{ step: 2 }, 'after 2 steps, because the progress has 2, got one after 3'],
    [{ step: 5 }, 'after 5 steps, because the progress has 5, got one after 3'],
  ])('contradicts a progress with %j, which is refused', async (changed, message) => {
    const { network, optimizer, trainer } = training(1);
    await trainer.run();
    const { tensors, metadata } = decodeSafetensors(readFileSync(file), file);
    const progress = JSON.stringify({ ...trainer.progress, ...changed });
    writeFileSync(file, encodeSafetensors(tensors, { ...metadata, progress }));
    await expect(loadCheckpoint(file, { network, optimizer })).rejects.toEqual(
      inputError(
        `${file}: expected an optimizer ${message}: the file was changed; use another checkpoint, or start the training anew`,
      ),
    );
  });

  test('may be larger by the steps of an earlier training', async () => {
    const { network, optimizer, trainer } = training(1);
    await trainer.run();
    const { train, cost, batchSize } = trainer.options;
    const again = { network, optimizer, train, cost, batchSize, epochs: 1, rng: new Rng(1) };
    const second = new Trainer(again);
    await second.run();
    await saveCheckpoint(file, { network, optimizer, progress: second.progress });
    expect(await loadCheckpoint(file, { network, optimizer })).toEqual(second.progress);
    expect(optimizer.state().scalars).toEqual({ steps: 6 });
  });
});

test('a training that leaves out the last batch continues in the same epoch, with the same bytes', async () => {
  const change = { dropLast: true };
  const whole = training(2, change);
  expect(await whole.trainer.run()).toMatchObject({ epochs: 2, steps: 4 });
  const stop = new AbortController();
  const onStep = ({ step }: StepEvent) => step === 2 && stop.abort();
  await training(2, { ...change, onStep, signal: stop.signal }).trainer.run();
  const second = training(2, change);
  const { network, optimizer, trainer } = second;
  const progress = await loadCheckpoint(file, { network, optimizer });
  expect(progress).toMatchObject({ step: 3, dropLast: true });
  expect(() => training(2).trainer.restore(progress)).toThrow(
    inputError('Trainer.restore: expected dropLast to be true, got false'),
  );
  trainer.restore(progress);
  expect(await trainer.run()).toMatchObject({ epochs: 2, steps: 4 });
  expect(values(second)).toEqual(values(whole));
});

test('the metadata holds the version of the format beside the entries of the caller', async () => {
  await training(1).trainer.run();
  const { metadata } = decodeSafetensors(readFileSync(file), file);
  expect(metadata).toMatchObject({ checkpointVersion: '1', network: 'perceptron' });
});

test('weights that are not finite are not written', async () => {
  const { network, optimizer, trainer } = training(1);
  network.params['0.weight'].assign(fill([16, 2], NaN));
  await expect(
    saveCheckpoint(file, { network, optimizer, progress: trainer.progress }),
  ).rejects.toEqual(
    inputError(`${file}: not written: expected finite weights after step 0, got NaN or infinity`),
  );
});

describe('refuses', () => {
  test('a version that it does not know', async () => {
    await change({ checkpointVersion: '2' });
    await expectRefusal(
      'expected a checkpoint of format version 1, got version "2"; update boxprop',
    );
  });

  test('a checkpoint without a version', async () => {
    await change({ checkpointVersion: undefined });
    await expectRefusal(
      'expected a checkpoint of format version 1, got one without a version, ' +
        'which an older boxprop wrote; start the training anew',
    );
  });

  test('a file of weights only', async () => {
    await change({ checkpointVersion: undefined, progress: undefined, optimizer: undefined });
    await expectRefusal('expected a checkpoint of a training, found no progress in its metadata');
  });

  const streams = [1, 2, 3].map((word) => ({ key: [word, 0], counter: 0 }));
  const counts = { step: 3, examples: 32, batchSize: 12, lossSum: 0, errors: 0 };
  const whole = { ...counts, learningRate: 0.01, streams };

  test.each<[object, string]>([
    [{ step: -6 }, 'step: expected an integer of at least 0, got -6'],
    [{ step: '6' }, 'step: expected an integer of at least 0, got "6"'],
    [{ step: undefined }, 'step: expected a value, got none'],
    [{ examples: 0 }, 'examples: expected an integer of at least 1, got 0'],
    [{ batchSize: 1.5 }, 'batchSize: expected an integer of at least 1, got 1.5'],
    [{ lossSum: null }, 'lossSum: expected a finite number, got null'],
    [{ errors: [[[[[[]]]]]] }, 'errors: expected an integer of at least 0, got [[[[[...]]]]]'],
    [{ best: 0 }, 'best: expected an object, got 0'],
    [
      { best: { epoch: 0, errorRate: 0, loss: 0 } },
      'best.epoch: expected an integer of at least 1, got 0',
    ],
    [{ learningRate: 0 }, 'learningRate: expected a number above 0, got 0'],
    [{ plateau: [] }, 'plateau: expected an object, got []'],
    [{ plateau: { scale: '1' } }, 'plateau.scale: expected a finite number, got "1"'],
    [{ streams: [null, null, null] }, 'streams[0]: expected an object, got null'],
    [
      { streams: whole.streams.slice(1) },
      'streams: expected three generators: of the order, the augmentation, and the boxes, got [Object, Object]',
    ],
    [
      { streams: [{ key: [1, -1], counter: 0 }] },
      'streams[0].key[1]: expected an integer from 0 to 4294967295, got -1',
    ],
    [
      { streams: [{ key: [1, 1], counter: 0.5 }] },
      'streams[0].counter: expected an integer of at least 0, got 0.5',
    ],
  ])('the progress %j', async (entries, message) => {
    await change({ progress: JSON.stringify({ ...whole, ...entries }) });
    await expectRefusal(`progress: ${message}`);
  });

  test('a progress that is nested 100,000 deep', async () => {
    await change({ progress: '['.repeat(1e5) + ']'.repeat(1e5) });
    await expectRefusal('progress: expected an object, got [[[[[...]]]]]');
  });

  test('a progress that is no JSON', async () => {
    await change({ progress: '{"step":' });
    await expectRefusal('progress: expected JSON: Unexpected end of JSON input');
  });

  test.each([
    ['["steps"]', 'expected an object, got ["steps"]'],
    ['{"steps":"1"}', 'steps: expected a finite number, got "1"'],
  ])('scalars %s of an optimizer', async (scalars, message) => {
    await change({ optimizer: scalars });
    await expectRefusal(`optimizer: ${message}`);
  });

  test('a moment of the optimizer that is not finite', async () => {
    const { network, optimizer, trainer } = training(1);
    await trainer.run();
    const { tensors, metadata } = decodeSafetensors(readFileSync(file), file);
    tensors['optimizer/mean/2.bias'].data[1] = -Infinity;
    writeFileSync(file, encodeSafetensors(tensors, metadata));
    const message = `${file}: tensor "optimizer/mean/2.bias": expected finite values, got -Infinity at index 1, so the training that wrote it had diverged`;
    await expect(loadCheckpoint(file, { network, optimizer })).rejects.toEqual(inputError(message));
  });

  test('a moment of the optimizer of another type', async () => {
    const { network, optimizer, trainer } = training(1);
    await trainer.run();
    const bytes = readFileSync(file).toString('latin1');
    const changed = bytes.replace(/(optimizer.mean.0\.bias":{"dtype":")F32/, '$1I32');
    writeFileSync(file, Buffer.from(changed, 'latin1'));
    const message = `${file}: tensor "optimizer/mean/0.bias": expected F32, got I32`;
    await expect(loadCheckpoint(file, { network, optimizer })).rejects.toEqual(inputError(message));
  });

  test('unknown options', async () => {
    const { network, optimizer, trainer } = training(1);
    const options = { network, optimizer, progress: trainer.progress };
    const misspelled = { ...options, metaData: {} };
    await expect(saveCheckpoint(file, misspelled)).rejects.toThrow(
      'saveCheckpoint: unknown option metaData; did you mean metadata?',
    );
    await saveCheckpoint(file, options);
    await expect(loadCheckpoint(file, options)).rejects.toThrow(
      'loadCheckpoint: unknown option progress; expected one of network, optimizer',
    );
  });
});

describe('a plateau', () => {
  const plateauTraining = () => {
    const { network, optimizer, trainer } = training(1);
    const plateau = new ReduceOnPlateau();
    const rates = { schedule: constantRate(0.1), plateau };
    const { checkpoint: _, ...options } = trainer.options;
    return { network, optimizer, trainer: new Trainer({ ...options, ...rates }) };
  };

  test.each<[object, string]>([
    [{ plateau: undefined }, 'Trainer.restore: expected progress.plateau with a plateau, got none'],
    [
      { plateau: {} },
      "ReduceOnPlateau: expected the state's scale to be a number above 0, got undefined",
    ],
    [
      { plateau: { scale: 1, bad: -1 } },
      "ReduceOnPlateau: expected the state's bad to be an integer of at least 0, got -1",
    ],
    [
      { plateau: { scale: 1, bad: 0, bets: 1 } },
      'ReduceOnPlateau.restore: unknown option bets; did you mean best?',
    ],
  ])('does not continue from %j, and nothing changes', (entries, message) => {
    const { trainer } = plateauTraining();
    const before = trainer.progress;
    const progress = { ...before, step: 2, ...entries } as typeof before;
    expect(() => trainer.restore(progress)).toThrow(message);
    expect(trainer.progress).toEqual(before);
  });
});

test('a learning rate of 0, as at the end of a cosine schedule, is not saved, and the schedule sets the next rate', async () => {
  const { network, optimizer, trainer } = training(1);
  optimizer.learningRate = 0;
  const { progress } = trainer;
  expect(progress).not.toHaveProperty('learningRate');
  await saveCheckpoint(file, { network, optimizer, progress });
  expect(await readProgress(file)).toEqual(progress);
  trainer.restore(progress);
  expect(optimizer.learningRate).toBe(0);
});
