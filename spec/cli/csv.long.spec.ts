import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Rng } from '../../index.ts';
import { boxprop, BUILT } from '../support/runCommand.ts';

/**
 * Tests training on CSV files as users have them, from end to end: a single file, other separators,
 * faults.
 */

let folder: string;
let network: string;
const file = (...names: string[]) => join(folder, ...names);
const CPU = ['--backend', 'cpu'];

beforeAll(() => {
  // Inside the project, so that the network finds boxprop.
  folder = mkdtempSync(join(BUILT, 'spec-'));
  network = file('net.mjs');
  writeFileSync(
    network,
    `import { Flatten, Linear, Sequential } from 'boxprop';
export const network = ({ rng, inputShape: [h, w, c], classes }) =>
  new Sequential([new Flatten(), new Linear(h * w * c, classes, { rng })]);`,
  );
  write('flowers.csv', ['length', 'width', 'species'], ';');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes 150 flowers of three species, with these columns. */
function write(name: string, columns: readonly string[], separator = ','): string {
  const rng = new Rng(7);
  const lines = Array.from({ length: 150 }, (_, n) => {
    const kind = n % 3;
    const flower: Record<string, string | number> = {
      length: kind + 0.3 * rng.normal(),
      width: 2 - kind + 0.1 * rng.normal(),
      species: ['iris', 'rose', 'aster'][kind],
      same: 'iris',
    };
    return columns.map((column) => flower[column.trim()] ?? 0).join(separator);
  });
  writeFileSync(file(name), [columns.join(separator), ...lines].join('\n'));
  return file(name);
}

const train = (data: string, out: string, ...more: string[]) =>
  boxprop('train', network, '--data', data, ...CPU, '--no-report', '--out', file(out), ...more);
const note = (data: string) =>
  `boxprop: ${data} is one file: 30 of its 150 examples, a fifth of each class, drawn with seed 0, are the test examples; ` +
  'a folder with train.csv and test.csv has a split of your own\n';

describe('weights trained on one file', () => {
  const evaluate = (data: string, ...more: string[]) =>
    boxprop(
      'evaluate',
      file('run', 'weights.safetensors'),
      '--network',
      network,
      '--data',
      data,
      ...CPU,
      ...more,
    );

  beforeAll(() => {
    const options = ['--label', 'species', '--epochs', '30', '--batch-size', '8'];
    const trained = train(file('flowers.csv'), 'run', ...options);
    expect(trained).toMatchObject({ status: 0, stderr: note(file('flowers.csv')) });
    expect(trained.stdout.split('\n').slice(0, 2)).toEqual([
      'training: 120 examples of 3 classes (aster: 40, iris: 40, rose: 40); columns length, width',
      'test: 30 examples of 3 classes (aster: 10, iris: 10, rose: 10)',
    ]);
  });

  it('find their columns by name, and their label', () => {
    const same = evaluate(file('flowers.csv'));
    expect(same.stdout).toMatch(/ of 30\), accuracy (9|100)/);
    const swapped = evaluate(write('swapped.csv', ['width', 'species', 'length']));
    expect(swapped).toEqual({ ...same, stderr: note(file('swapped.csv')) });
  });

  it('refuse other columns, and images', () => {
    const other = write('other.csv', ['length', 'height', 'species']);
    expect(evaluate(other)).toEqual({
      status: 1,
      stdout: '',
      stderr: `boxprop: ${other}: expected the columns of the training, "length", "width", got no "width"\n`,
    });
    const more = write('more.csv', ['length', 'width', 'height', 'species']);
    expect(evaluate(more).stderr).toBe(
      `boxprop: ${more}: expected the columns of the training, "length", "width", got also "height"\n`,
    );
    const weights = file('run', 'weights.safetensors');
    expect(boxprop('units', weights, '--network', network, ...CPU).stderr).toBe(
      'boxprop: --data: expected a CSV file, as in the training of the weights, got images of mnist train\n',
    );
  });

  it('are not trained on with other columns, and name the data that are gone', () => {
    const resume = () => boxprop('train', network, '--resume', file('run'), '--epochs', '31');
    const away = file('away.csv');
    renameSync(file('flowers.csv'), away);
    expect(resume().stderr).toBe(
      `boxprop: --data: expected a folder or a file named .csv at ${JSON.stringify(file('flowers.csv'))}, found nothing\n`,
    );
    write('flowers.csv', ['width', 'length', 'species'], ';');
    expect(resume().stderr).toBe(
      `${note(file('flowers.csv'))}boxprop: --resume: expected the data that the run began with, got data with other columns; ` +
        'a new run can be trained on them\n',
    );
    // The same columns and sizes, with other labels.
    const text = readFileSync(away, 'utf8');
    const swapped: Record<string, string> = { iris: 'rose', rose: 'iris' };
    const relabelled = text.replace(/iris|rose/g, (name) => swapped[name]);
    writeFileSync(file('flowers.csv'), relabelled);
    expect(resume().stderr).toContain(
      'boxprop: --resume: expected the data that the run began with, got data with other examples or labels; ' +
        'a new run can be trained on them\n',
    );
    renameSync(away, file('flowers.csv'));
    expect(resume().status).toBe(0);
    rmSync(file('run', 'log.jsonl'));
    const { status, stderr } = boxprop('train', network, '--resume', file('run'), '--epochs', '32');
    expect(status).toBe(0);
    expect(stderr).toContain(
      `${file('run', 'log.jsonl')}: expected a line for each of the 465 steps of the checkpoint, ` +
        "465 are missing: the report's curves have gaps\n",
    );
  });
});

it('trains on a file without a header', () => {
  const text = readFileSync(file('flowers.csv'), 'utf8');
  writeFileSync(file('bare.data'), text.slice(text.indexOf('\n') + 1).replaceAll(';', '\t'));
  const options = ['--no-header', '--label', '3', '--epochs', '1'];
  const { status, stdout } = train(file('bare.data'), 'bare', ...options);
  expect(status).toBe(0);
  expect(stdout).toContain('(aster: 40, iris: 40, rose: 40); columns 1, 2\n');
  expect(readFileSync(file('bare', 'config.json'), 'utf8')).toContain('"header": false');
});

describe('a BatchNorm and a last batch of one example', () => {
  const data = () => ['--data', file('flowers.csv'), '--label', 'species', ...CPU];
  const advice =
    'hoose another batchSize (--batch-size), or leave out the last batch with dropLast (--drop-last)';
  const fault = 'a last batch of 1 (65 examples in batches of 64)';
  const needed =
    'expected batches of at least 2 examples, which Sequential[1] > BatchNorm needs in training';
  let normalized: string;
  beforeAll(() => {
    normalized = file('normalized.mjs');
    writeFileSync(
      normalized,
      `import { BatchNorm, Flatten, Linear, Sequential } from 'boxprop';
export const network = ({ rng, classes }) =>
  new Sequential([new Flatten(), new BatchNorm(2), new Linear(2, classes, { rng })]);`,
    );
  });
  const run = (...more: string[]) =>
    boxprop('train', normalized, ...data(), '--no-report', '--limit', '65', ...more);

  it('are refused before the first step, without a folder', () => {
    expect(run('--out', file('refused'))).toEqual({
      status: 1,
      stdout: '',
      stderr: `${note(file('flowers.csv'))}boxprop: Trainer: ${needed}, got ${fault}; c${advice}\n`,
    });
    expect(existsSync(file('refused'))).toBe(false);
  });

  it('train with --drop-last, also when the run is resumed', () => {
    const [whole, half] = [file('whole'), file('half')];
    const constant = ['--drop-last', '--schedule', 'constant'];
    expect(run('--out', whole, ...constant, '--epochs', '2').status).toBe(0);
    expect(run('--out', half, ...constant, '--epochs', '1').status).toBe(0);
    expect(boxprop('train', normalized, '--resume', half, '--epochs', '2').status).toBe(0);
    const weights = (at: string) => readFileSync(join(at, 'weights.safetensors'));
    expect(weights(half)).toEqual(weights(whole));
  });

  it('are a warning of the doctor', () => {
    const { stdout } = boxprop('doctor', normalized, ...data(), '--batch-size', '7');
    const found = 'a last batch of 1 (120 examples in batches of 7)';
    expect(stdout).toContain(
      `warning  last batch          ${found}; ${needed}\n         C${advice}.\n`,
    );
  });
});

it('refuses a single class, which the doctor names', () => {
  const one = write('one.csv', ['length', 'width', 'same']);
  expect(train(one, 'never', '--label', 'same').stderr).toBe(
    `${note(one)}boxprop: ${one}: expected training examples of two classes or more, got only "iris" in 120 examples\n`,
  );
  const { status, stdout } = boxprop('doctor', network, '--data', one, '--label', 'same', ...CPU);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^bad +label balance +only one class, "iris"$/m);
  expect(stdout).not.toMatch(/NaN|wrong gradient/);
});

it('refuses a search with a label that is not there, and a cell of 200,000 blanks, in one short line', () => {
  const space = {
    network,
    backend: 'cpu',
    data: file('flowers.csv'),
    momentum: { choices: [0, 0.9] },
  };
  writeFileSync(file('space.json'), JSON.stringify(space));
  expect(
    boxprop('search', file('space.json'), '--method', 'grid', '--out', file('never')).stderr,
  ).toMatch(
    /flowers\.csv: expected a column "label" with the classes, got "length", "width", "species"; --label names another one\n$/,
  );
  mkdirSync(file('blanks'));
  for (const part of ['train.csv', 'test.csv'])
    writeFileSync(file('blanks', part), `a,label\nx${' '.repeat(200_000)}y,0\n`);
  const { status, stderr } = train(file('blanks'), 'never');
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^boxprop: \S+train\.csv: line 2: expected a number in column "a", got "x +\.\.\." [^\n]*\n$/,
  );
  expect(stderr.length).toBeLessThan(1100);
}, 20_000);
