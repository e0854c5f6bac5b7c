import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readRun, withAbsolutePaths } from '../../cli/runFolder.ts';
import { runOptionsFrom } from '../../cli/trainOptions.ts';
import { unknownOption } from '../../cli/unknownOption.ts';
import { inputError } from '../support/inputError.ts';
import { runProgram } from '../support/runProgram.ts';

test.each([
  ['sgd', 0.02],
  ['adam', 0.001],
])('the learning rate of %s is %d by default', (optimizer, learningRate) => {
  const options = runOptionsFrom('run.json', { network: 'lenet', optimizer });
  expect(options).toMatchObject({ network: 'lenet', batchSize: 64, learningRate });
  expect(runOptionsFrom('run.json', { ...options, learningRate: 0.5 }).learningRate).toBe(0.5);
});

test('dropLast is true or false, and false by default', () => {
  const read = (config: object) => runOptionsFrom('run.json', { network: 'lenet', ...config });
  expect(read({ dropLast: true })).toMatchObject({ dropLast: true });
  expect(read({})).not.toHaveProperty('dropLast', true);
  expect(() => read({ dropLast: 1 })).toThrow(
    'run.json: --drop-last: expected true or false, got 1',
  );
});

describe('the options of a run in a folder', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'boxprop-options-'))));
  afterAll(() => rmSync(folder, { recursive: true }));
  const reader = { option: '--resume', remedy: 'train FILE --resume RUN' };
  const readText = (config: string, given: object = {}) => {
    writeFileSync(join(folder, 'config.json'), config);
    return readRun(folder, { ...reader, ...given });
  };
  const read = (config: object, given: object = {}) => readText(JSON.stringify(config), given);

  test('are read as they were written', async () => {
    const options = runOptionsFrom('run.json', {
      network: 'net.ts',
      preprocess: ['pad:2', 'standardize'],
      shape: [8, 8, 1],
      weightDecay: 1e-7,
      nesterov: true,
      report: false,
      architecture: { units: 3, batchNorm: true },
    });
    expect(await read(options, { network: 'net.ts' })).toEqual(options);
  });

  test('name no code that runs, unless the user names it too', async () => {
    const options = runOptionsFrom('run.json', { network: '/theirs/net.ts', data: 'theirs' });
    await expect(read(options)).rejects.toHaveProperty(
      'message',
      `${join(folder, 'config.json')}: the run is of "/theirs/net.ts", and the folder of a run must not run code: name that file yourself: boxprop train FILE --resume RUN`,
    );
    const own = { network: 'own/net.ts', data: 'own' };
    expect(await read(options, own)).toMatchObject(own);
  });

  const unix = process.platform !== 'win32';
  (unix ? test : test.skip)(
    `are not awaited from a pipe in place of the file${unix ? '' : ' (skipped: Unix only)'}`,
    async () => {
      const own = join(folder, 'pipe');
      mkdirSync(own);
      const file = join(own, 'config.json');
      runProgram('mkfifo', [file]);
      await expect(readRun(own, reader)).rejects.toThrow(
        inputError(
          `--resume: expected the folder of a run, got "${own}": ${file}: expected a file, got a pipe or device`,
        ),
      );
    },
  );

  test('have absolute paths in the folder, but for names of networks', () => {
    expect(withAbsolutePaths({ network: 'net.ts', data: 'mnist', epochs: 1 })).toEqual({
      network: resolve('net.ts'),
      data: resolve('mnist'),
      epochs: 1,
    });
    expect(withAbsolutePaths({ network: 'lenet' })).toEqual({ network: 'lenet' });
  });

  test('may have ~ for the home folder', () => {
    const config = { network: '~/net.ts', data: '~' };
    expect(runOptionsFrom('run.json', config)).toMatchObject({
      network: join(homedir(), 'net.ts'),
      data: join(homedir()),
    });
    expect(runOptionsFrom('run.json', { ...config, data: '~old/x' }).data).toBe('~old/x');
  });

  test.each([
    ['{"network"', /: expected JSON: /],
    ['null', /: expected an object of options, got null$/],
    [
      `{"network":"lenet","epochs":${'['.repeat(1e5)}1${']'.repeat(1e5)}}`,
      /: --epochs: expected text or a number, got \[\[\[\[\[\.\.\.\]\]\]\]\]$/,
    ],
    [
      `{"network":"lenet","architecture":{"units":${'['.repeat(1e5)}1${']'.repeat(1e5)}}}`,
      /: --architecture: units: expected a number, text, true or false, got \[\[\[\[\[\.\.\.\]\]\]\]\]$/,
    ],
    [`{"${'x'.repeat(1e6)}":1}`, /: unknown option x{57}\.\.\.; expected one of network, /],
  ])('%#. text that is no options is refused in one short line', async (text, message) => {
    const error = await readText(text).catch((error: unknown) => error);
    expect(error).toHaveProperty('name', 'InputError');
    expect(String(error)).toMatch(message);
  });

  test.each([
    [{ network: 'lenet', rate: 0.1 }, 'unknown option rate; did you mean learningRate?'],
    [{ network: 'lenet', warmUp: 3 }, 'unknown option warmUp; did you mean warmupSteps?'],
    [{ network: 'lenet', epochs: 0 }, '--epochs: expected an integer of at least 1, got "0"'],
    [{ network: 'lenet', epochs: '2' }, '--epochs: expected a number, got "2"'],
    [{ network: 'lenet', epochs: [2] }, '--epochs: expected a number, got [2]'],
    [{ network: 'lenet', data: 5 }, '--data: expected text, got 5'],
    [{ network: 'lenet', data: true }, '--data: expected text or a number, got true'],
    [{ network: 'lenet', optimizer: ['sgd'] }, '--optimizer: expected text, got ["sgd"]'],
    [
      { network: 'lenet', shape: [8, 8, null] },
      '--shape: expected text or a number, got [8, 8, null]',
    ],
    [{ network: ['lenet'] }, 'network: expected a name or a file, got ["lenet"]'],
    [{ epochs: 1 }, 'expected a network, got none'],
    [{ network: 'lenet', out: 'runs/a' }, 'out: expected --out on the command line only'],
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
