import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SearchFolder } from '../../cli/searchFolder.ts';
import { inputError } from '../support/inputError.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'boxprop-search-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const PLAN = {
  file: 'space.json',
  base: { network: 'lenet' },
  space: { learningRate: { low: 0.1, high: 0.2 }, seed: { choices: [1, 2] } },
  method: 'random',
  trials: 4,
  examples: 20,
  folds: 2,
  seed: 0,
  ahead: 1,
};
const POINT = { type: 'point', trial: 0, point: { learningRate: 0.15, seed: 1 } };
const FOLD = { type: 'fold', trial: 0, fold: 0, errors: 2, examples: 10, loss: null, seconds: 1 };

async function resumed(plan: unknown, lines: readonly unknown[] = [], space?: string) {
  writeFileSync(join(folder, 'search.json'), JSON.stringify(plan));
  writeFileSync(
    join(folder, 'log.jsonl'),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
  return SearchFolder.resume(folder, undefined, space);
}

test('a search is resumed from its files', async () => {
  const search = await resumed(PLAN, [POINT, FOLD, { ...FOLD, fold: 1, failed: 'no' }]);
  expect(search.plan).toEqual(PLAN);
  expect(search.history.points).toEqual([POINT.point]);
  expect(search.history.result(0, 0)).toEqual({ score: 0.2 });
  expect(search.history.result(0, 1)).toEqual({ failed: 'no' });
  await search.close();
});

test.each<[unknown, string]>([
  [null, 'expected an object, got null'],
  [{ ...PLAN, folds: 1 }, 'folds: expected an integer of at least 2, got 1'],
  [{ ...PLAN, method: 'magic' }, 'method: expected "grid" or "random" or "gp", got "magic"'],
  [{ ...PLAN, space: { seed: 3 } }, 'space.seed: expected an object, got 3'],
  [{ ...PLAN, space: { seed: { low: 1 } } }, 'seed: expected high to be a number, got none'],
  [{ ...PLAN, base: { network: 'lenet', epochs: '3' } }, '--epochs: expected a number, got "3"'],
])('%#. a plan that is none is refused by its field', async (plan, message) => {
  await expect(resumed(plan)).rejects.toEqual(
    inputError(`${join(folder, 'search.json')}: ${message}`),
  );
});

test.each<[unknown, string]>([
  [null, 'expected an object, got null'],
  [{ ...POINT, trial: 1e9 }, 'trial: expected an integer from 0 to 3, got 1000000000'],
  [
    { ...POINT, point: { seed: 1 } },
    'learningRate: expected a value of its dimension, got undefined',
  ],
  [
    { ...POINT, point: { learningRate: 0.15, seed: 3 } },
    'seed: expected a value of its dimension, got 3',
  ],
  [{ ...FOLD, fold: 2 }, 'fold: expected an integer from 0 to 1, got 2'],
  [{ ...FOLD, errors: -1 }, 'errors: expected an integer of at least 0, got -1'],
  [{ type: 'fold', trial: 0, fold: 0, failed: 1 }, 'failed: expected text, got 1'],
])('%#. a line of the log that is none is refused by its field', async (line, message) => {
  await expect(resumed(PLAN, [POINT, line])).rejects.toThrow(message);
  await expect(resumed(PLAN, [POINT, line])).rejects.toThrow(
    /^(learningRate|seed): |log\.jsonl: line 2: /,
  );
});

test('a search of modules runs them only if the user names its space', async () => {
  const theirs = { ...PLAN, base: {}, space: { network: { choices: ['net.ts', 'lenet'] } } };
  const message = `${join(folder, 'search.json')}: the search is of ${JSON.stringify(resolve('net.ts'))}, and the folder of a search must not run code: name its space yourself: boxprop search SPACE --resume ${folder}`;
  await expect(resumed(theirs)).rejects.toEqual(inputError(message));
  const space = join(folder, 'space.json');
  writeFileSync(space, JSON.stringify(theirs.space));
  await (await resumed(theirs, [], space)).close();
  writeFileSync(space, JSON.stringify({ network: { choices: ['lenet', 'other.ts'] } }));
  await expect(resumed(theirs, [], space)).rejects.toEqual(inputError(message));
});
