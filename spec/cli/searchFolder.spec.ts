import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { packageVersion } from '../../cli/manifest.ts';
import { resumeSearch } from '../../cli/openSearch.ts';
import { inputError } from '../support/inputError.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'boxprop-search-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const PLAN = {
  version: packageVersion(),
  file: 'space.json',
  base: { network: 'lenet' },
  space: { learningRate: { low: 0.1, high: 0.2 }, seed: { choices: [1, 2] } },
  method: 'random',
  trials: 4,
  examples: 20,
  fingerprint: '0123',
  folds: 2,
  seed: 0,
  ahead: 1,
  lease: 60,
};
const POINT = { learningRate: 0.15, seed: 1 };
const FOLD = { errors: 2, examples: 10, loss: null, seconds: 1, process: '7 of node1' };

async function resumed(plan: unknown, files: Record<string, unknown> = {}, space?: string) {
  const store = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), JSON.stringify(value));
  mkdirSync(join(folder, 'trials'), { recursive: true });
  store('search.json', plan);
  for (const [name, value] of Object.entries(files)) store(join('trials', name), value);
  return resumeSearch(folder, undefined, space);
}

test('a search is resumed from its files', async () => {
  const search = await resumed(PLAN, {
    'trial-1.json': POINT,
    'trial-1.fold-1.json': FOLD,
    'trial-1.fold-2.json': { failed: 'no', process: '7 of node1' },
  });
  expect(search.plan).toEqual(PLAN);
  expect(search.history.points).toEqual([POINT]);
  expect(search.history.result(0, 0)).toEqual({ score: 0.2 });
  expect(search.history.result(0, 1)).toEqual({ failed: 'no' });
});

test.each<[unknown, string]>([
  [null, 'expected an object, got null'],
  [{ ...PLAN, folds: 1 }, 'folds: expected an integer of at least 2, got 1'],
  [{ ...PLAN, folds: 2e12 }, 'folds: expected at most the 20 examples, got 2000000000000'],
  [{ ...PLAN, method: 'magic' }, 'method: expected "grid" or "random" or "gp", got "magic"'],
  [{ ...PLAN, space: { seed: 3 } }, 'space.seed: expected an object, got 3'],
  [{ ...PLAN, space: { seed: { low: 1 } } }, 'seed: expected high to be a number, got none'],
  [{ ...PLAN, base: { network: 'lenet', epochs: '3' } }, '--epochs: expected a number, got "3"'],
])('%#. a plan that is none is refused by its field', async (plan, message) => {
  await expect(resumed(plan)).rejects.toEqual(
    inputError(`${join(folder, 'search.json')}: ${message}`),
  );
});

test.each<[string, unknown, string]>([
  ['trial-1.json', null, 'expected an object, got null'],
  ['trial-1.json', { seed: 1 }, 'learningRate: expected a value of its dimension, got undefined'],
  ['trial-1.json', { ...POINT, seed: 3 }, 'seed: expected a value of its dimension, got 3'],
  ['trial-4.fold-2.json', null, 'expected an object, got null'],
  [
    'trial-4.fold-2.json',
    { ...FOLD, errors: -1 },
    'errors: expected an integer of at least 0, got -1',
  ],
  ['trial-4.fold-2.json', { ...FOLD, failed: 1 }, 'failed: expected text, got 1'],
])('%s that holds %j is refused by its field', async (name, value, message) => {
  await expect(resumed(PLAN, { [name]: value })).rejects.toEqual(
    inputError(`${join(folder, 'trials', name)}: ${message}`),
  );
});

test.each([
  [undefined, 'an earlier one'],
  ['0.0.1', '0.0.1'],
])('a search of version %s is refused', async (version, began) => {
  await expect(resumed({ ...PLAN, version })).rejects.toEqual(
    inputError(
      `${join(folder, 'search.json')}: expected the boxprop that began the search, ${began}, got ${packageVersion()}: use that version, or begin a new search`,
    ),
  );
});

test('a search of modules runs them only if the user names its space', async () => {
  const theirs = { ...PLAN, base: {}, space: { network: { choices: ['net.ts', 'lenet'] } } };
  const message = `${join(folder, 'search.json')}: the search is of ${JSON.stringify(resolve('net.ts'))}, and the folder of a search must not run code: name its space yourself: boxprop search SPACE --resume ${folder}`;
  await expect(resumed(theirs)).rejects.toEqual(inputError(message));
  const space = join(folder, 'space.json');
  writeFileSync(space, JSON.stringify(theirs.space));
  await resumed(theirs, {}, space);
  writeFileSync(space, JSON.stringify({ network: { choices: ['lenet', 'other.ts'] } }));
  await expect(resumed(theirs, {}, space)).rejects.toEqual(inputError(message));
});
