import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backendNotes, checkSameSettings, settingsMetadata } from '../../cli/sameSettings.ts';
import { runOptionsFrom } from '../../cli/trainOptions.ts';
import { saveWeights } from '../../formats/safetensors/weights.ts';
import { inputError } from '../support/inputError.ts';

let folder: string;
let checkpoint: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-settings-'));
  checkpoint = join(folder, 'checkpoint.safetensors');
});
afterAll(() => rmSync(folder, { recursive: true }));

const BEGAN = {
  network: 'lenet',
  data: '/data/photos',
  shape: [8, 8, 1],
  epochs: 4,
  optimizer: 'adam',
  clipNorm: 3,
  report: false,
};

/** Checks a run that began with `BEGAN` and whose `config.json` now has other entries. */
async function check(changed: object, named: { epochs?: number; networkNamed?: boolean } = {}) {
  const began = runOptionsFrom('began', BEGAN);
  const settings = settingsMetadata(began);
  await saveWeights(checkpoint, {}, { network: 'lenet', backend: 'wasm', settings });
  const options = runOptionsFrom('now', { ...began, ...changed });
  return checkSameSettings({ option: '--resume', folder, options, networkNamed: false, ...named });
}

test.each<[object, string, string, string, string]>([
  [{ learningRate: 0.5 }, 'learningRate', '0.001', '0.5', 'write 0.001'],
  [{ optimizer: 'adamw' }, 'optimizer', '"adam"', '"adamw"', 'write "adam"'],
  [{ momentum: 0 }, 'momentum', '0.9', '0', 'write 0.9'],
  [{ weightDecay: 0 }, 'weightDecay', '0.0005', '0', 'write 0.0005'],
  [{ schedule: 'step' }, 'schedule', '"cosine"', '"step"', 'write "cosine"'],
  [{ clipNorm: 1 }, 'clipNorm', '3', '1', 'write 3'],
  [{ clipValue: 2 }, 'clipValue', 'none', '2', 'remove it'],
  [{ augment: ['flip'] }, 'augment', 'none', '["flip"]', 'remove it'],
  [{ shape: [8, 7, 1] }, 'shape', '[8,8,1]', '[8,7,1]', 'write [8,8,1]'],
  [{ seed: 1 }, 'seed', '0', '1', 'write 0'],
  [{ batchSize: 32 }, 'batchSize', '64', '32', 'write 64'],
  [{ validationSplit: 0.1 }, 'validationSplit', 'none', '0.1', 'remove it'],
  [{ backend: 'cpu' }, 'backend', '"auto"', '"cpu"', 'write "auto"'],
  [{ architecture: { units: 2 } }, 'architecture', 'none', '{"units":2}', 'remove it'],
  [{ network: 'lenet5' }, 'network', '"lenet"', '"lenet5"', 'write "lenet"'],
])('config.json with %j is refused', async (changed, name, before, after, advice) => {
  await expect(check(changed)).rejects.toEqual(
    inputError(
      `--resume: ${join(folder, 'config.json')}: expected ${name} to be ${before}, with which the run ` +
        `was trained, got ${after}: ${advice} there, or train a new run`,
    ),
  );
});

test('another number of epochs is accepted only on the command line, with a note', async () => {
  await expect(check({ epochs: 9 })).rejects.toEqual(
    inputError(
      `--resume: ${join(folder, 'config.json')}: expected epochs to be 4, with which the run was ` +
        'trained, got 9: write 4 there, or name the number: --epochs 9',
    ),
  );
  const note = (epochs: number) =>
    `--resume: the run goes on with epochs ${epochs}; it began with 4`;
  expect(await check({ epochs: 9 }, { epochs: 9 })).toEqual([note(9)]);
  expect(await check({}, { epochs: 6 })).toEqual([note(6)]);
  expect(await check({}, { epochs: 4 })).toEqual([]);
});

test('another network is accepted only if the user names it, with a note', async () => {
  expect(await check({ network: 'own/net.ts' }, { networkNamed: true })).toEqual([
    '--resume: the run goes on with network "net.ts"; it began with "lenet"',
  ]);
});

test('the paths of data and what does not change the weights may differ', async () => {
  expect(await check({})).toEqual([]);
  expect(await check({ data: '/moved', report: true, checkpointSteps: 3 })).toEqual([]);
});

test('a checkpoint without settings is accepted with a note', async () => {
  await saveWeights(checkpoint, {}, { network: 'lenet' });
  const options = runOptionsFrom('now', BEGAN);
  const run = { option: 'report', folder, options, networkNamed: false };
  expect(await checkSameSettings(run)).toEqual([
    `${checkpoint}: an older boxprop wrote it, so config.json cannot be compared with it`,
  ]);
});

test.each([
  ['[]', 'expected an object, got []'],
  ['{', 'settings: expected JSON: '],
  ['{"epochs":0}', '--epochs: expected an integer of at least 1, got "0"'],
])('settings %s in a checkpoint are refused', async (settings, message) => {
  await saveWeights(checkpoint, {}, { network: 'lenet', settings });
  const options = runOptionsFrom('now', BEGAN);
  const run = { option: 'report', folder, options, networkNamed: false };
  await expect(checkSameSettings(run)).rejects.toThrow(message);
});

test('a folder without a checkpoint is refused', async () => {
  rmSync(checkpoint);
  const options = runOptionsFrom('now', BEGAN);
  const run = { option: 'report', folder, options, networkNamed: false };
  await expect(checkSameSettings(run)).rejects.toEqual(
    inputError(
      `report: expected a run with a checkpoint, found no checkpoint.safetensors in ${JSON.stringify(folder)}`,
    ),
  );
});

test('another backend than before is told', async () => {
  await saveWeights(checkpoint, {}, { backend: 'wasm' });
  expect(await backendNotes(checkpoint, 'wasm')).toEqual([]);
  expect(await backendNotes(checkpoint, 'cpu')).toEqual([
    '--resume: the run goes on with cpu; it began with "wasm", so its weights will differ from those of a run that was never stopped',
  ]);
});
