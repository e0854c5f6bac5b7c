import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRun, runOptionsFrom } from '../../cli/trainOptions.ts';
import { unknownOption } from '../../cli/unknownOption.ts';

test.each([
  ['sgd', 0.02],
  ['adam', 0.001],
])('the learning rate of %s is %d by default', (optimizer, learningRate) => {
  const options = runOptionsFrom('run.json', { network: 'lenet', optimizer });
  expect(options).toMatchObject({ network: 'lenet', batchSize: 64, learningRate });
  expect(runOptionsFrom('run.json', { ...options, learningRate: 0.5 }).learningRate).toBe(0.5);
});

describe('the options of a run in a folder', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'boxprop-options-'))));
  afterAll(() => rmSync(folder, { recursive: true }));
  const read = (config: object) => {
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    return readRun(folder);
  };

  test('are those that were written', async () => {
    const options = runOptionsFrom('run.json', {
      network: 'net.ts',
      preprocess: ['pad:2', 'standardize'],
      shape: [8, 8, 1],
      weightDecay: 1e-7,
      nesterov: true,
      report: false,
      architecture: { units: 3, batchNorm: true },
    });
    expect(await read(options)).toEqual(options);
  });

  test.each([
    [{ network: 'lenet', rate: 0.1 }, 'unknown option rate; did you mean learningRate?'],
    [{ network: 'lenet', warmUp: 3 }, 'unknown option warmUp; did you mean warmupSteps?'],
    [{ network: 'lenet', epochs: 0 }, '--epochs: expected an integer of at least 1, got "0"'],
    [{ epochs: 1 }, 'expected a network, got none'],
  ])('%j is refused', async (config, message) => {
    await expect(read(config)).rejects.toHaveProperty(
      'message',
      `${join(folder, 'config.json')}: ${message}`,
    );
  });
});

test.each([
  ['--rate', '--learning-rate'],
  ['--batch', '--batch-size'],
  ['--prepare', '--preprocess'],
  ['--warm-up', '--warmup-steps'],
  ['--epoch', '--epochs'],
])('%s means %s', (flag, meant) => {
  const known = ['--epochs', '--batch-size', '--learning-rate', '--preprocess', '--warmup-steps'];
  expect(unknownOption(flag, known)).toBe(`unknown option ${flag}; did you mean ${meant}?`);
  expect(unknownOption('--rate', ['--seed', '--cases'])).toBe(
    'unknown option --rate; expected one of --seed, --cases',
  );
});
