import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkRepetition } from '../../cli/repeatedRun.ts';
import { writeConfig } from '../../cli/runFolder.ts';
import { settingsMetadata } from '../../cli/sameSettings.ts';
import { runOptionsFrom } from '../../cli/trainOptions.ts';
import { saveWeights } from '../../formats/safetensors/weights.ts';
import { inputError } from '../support/inputError.ts';

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'boxprop-repeat-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const RUN = { network: 'lenet', seed: 1 };
const FROM = { from: '/start.safetensors' };

/** Writes the config and the checkpoint of a run. */
async function writeRun(name: string, changed: object, metadata = {}, step = 9) {
  mkdirSync(at(name), { recursive: true });
  const options = runOptionsFrom(name, { ...RUN, ...changed });
  await writeConfig(at(name), options);
  const streams = Array.from({ length: 3 }, () => ({ key: [0, 0], counter: 0 }));
  const progress = { step, examples: 20, batchSize: 4, lossSum: 0, errors: 0, streams };
  await saveWeights(
    at(join(name, 'checkpoint.safetensors')),
    {},
    {
      network: options.network,
      settings: settingsMetadata(options),
      fingerprint: 'abc',
      preparation: String(options.seed),
      checkpointVersion: '1',
      progress: JSON.stringify(progress),
      ...metadata,
    },
  );
  return options;
}

/** Checks a run and its repetition, in which options and entries of the checkpoint differ. */
async function check(changed: object, metadata = {}, step?: number, run: object = FROM) {
  const options = await writeRun('a', run);
  await writeRun('b', { ...run, seed: 2, ...changed }, metadata, step);
  return checkRepetition(at('a'), options, at('b'));
}

test('a run with another seed, and what does not change the weights, is a repetition', async () => {
  expect(await check({})).toEqual([]);
  expect(await check({ report: false, checkpointSteps: 2, data: '/moved' })).toEqual([]);
});

test.each<[object, string, string, string]>([
  [{ learningRate: 0.5 }, 'learningRate', '0.02', '0.5'],
  [{ epochs: 1 }, 'epochs', '4', '1'],
  [{ batchSize: 32 }, 'batchSize', '64', '32'],
  [{ limit: 8 }, 'limit', 'none', '8'],
  [{ augment: ['flip'] }, 'augment', 'none', '["flip"]'],
  [{ from: '/other.safetensors' }, 'from', '"/start.safetensors"', '"/other.safetensors"'],
  [{ network: 'lenet5' }, 'network', 'lenet', 'lenet5'],
])('a repetition with %j is refused', async (changed, name, expected, got) => {
  await expect(check(changed)).rejects.toEqual(
    inputError(
      `--repeat: ${at('b')}: expected ${name} to be ${expected}, as in ${at('a')}, got ${got}`,
    ),
  );
});

test('other data, and another number of steps, are refused', async () => {
  await expect(check({}, { fingerprint: 'abd' })).rejects.toEqual(
    inputError(
      `--repeat: ${at('b')}: expected the data of ${at('a')}, got data with other examples or labels`,
    ),
  );
  await expect(check({}, {}, 8)).rejects.toEqual(
    inputError(
      `--repeat: ${at('b')}: expected the number of steps to be 9, as in ${at('a')}, got 8`,
    ),
  );
});

test('random weights of another seed are refused', async () => {
  await expect(check({}, {}, 9, {})).rejects.toEqual(
    inputError(
      `--repeat: ${at('b')}: expected a run that starts from the weights of ${at('a')}, got random ones of another seed: train both with --from FILE`,
    ),
  );
});
