import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fill } from '@tensorflow/tfjs-core';
import { Adam, Rng, SoftmaxCrossEntropy, useBackend } from '../../index.ts';
import { decodeSafetensors } from '../../formats/safetensors/safetensors.ts';
import { saveWeights } from '../../formats/safetensors/weights.ts';
import { loadCheckpoint, readProgress, saveCheckpoint } from '../../train/checkpoint.ts';
import { Trainer } from '../../train/index.ts';
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

/** A training of `epochs` epochs that saves a checkpoint after each. */
function training(epochs: number) {
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
  });
  return { network, optimizer, trainer };
}

const values = ({ network }: ReturnType<typeof training>) =>
  Object.values(network.params).map((param) => [...param.dataSync()]);

/** Writes the checkpoint again with other metadata; undefined removes an entry. */
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
  ).rejects.toEqual(inputError(`${file}: not written: expected finite weights after step 0`));
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

  test('an incomplete progress', async () => {
    await change({ progress: '{"step":1}' });
    await expectRefusal('expected the progress of a training, got Object');
  });

  test.each(['["steps"]', '{"steps":"1"}'])('scalars %s of an optimizer', async (scalars) => {
    await change({ optimizer: scalars });
    await expectRefusal(
      `expected the scalars of an optimizer, got ${scalars.startsWith('[') ? '["steps"]' : 'Object'}`,
    );
  });
});
