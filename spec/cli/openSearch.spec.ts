import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageVersion } from '../../cli/manifest.ts';
import { createSearch, joinSearch } from '../../cli/openSearch.ts';
import { storedTrials, type SearchPlan } from '../../cli/searchPlan.ts';
import { readSpace } from '../../cli/searchSpace.ts';
import { inputError } from '../support/inputError.ts';

let folder: string;
const out = () => join(folder, 'runs', 'search');
const file = () => join(folder, 'space.json');
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'boxprop-open-'));
  writeSpace({});
});
afterEach(() => rmSync(folder, { recursive: true }));

const SPACE = { network: 'lenet', epochs: 2, learningRate: { low: 0.1, high: 0.2 } };
const writeSpace = (change: object) =>
  writeFileSync(file(), JSON.stringify({ ...SPACE, ...change }));
async function planOf(change: Partial<SearchPlan> = {}): Promise<SearchPlan> {
  const { base, space } = await readSpace(file());
  return {
    version: packageVersion(),
    file: file(),
    base: { ...base, backend: 'wasm' },
    space,
    method: 'random',
    trials: 4,
    examples: 20,
    fingerprint: '0123',
    folds: 2,
    seed: 0,
    ahead: 1,
    lease: 60,
    ...change,
  };
}
const folderText = () => JSON.stringify(out());

test('of many processes that start at the same moment one creates the search, and all join it', async () => {
  const joined = await Promise.all(
    Array.from({ length: 32 }, (_, i) =>
      joinSearch(out(), file(), {}, () => planOf({ fingerprint: String(i) })),
    ),
  );
  const [{ plan }] = joined;
  for (const one of joined) expect(one.plan).toEqual(plan);
  expect(readdirSync(out()).sort()).toEqual(['search.json', 'trials']);
  const later = await joinSearch(out(), undefined, { trials: 4 }, () => planOf());
  expect(later.plan).toEqual(plan);
});

test('a search is joined with its own space and options only', async () => {
  await createSearch(out(), await planOf());
  const joins = (given: Parameters<typeof joinSearch>[2] = {}) =>
    joinSearch(out(), file(), given, () => planOf());
  // The backend `auto` is that of the search.
  writeSpace({ backend: 'auto' });
  await joins({ folds: 2, method: 'random' });
  await expect(joins({ seed: 1 })).rejects.toEqual(
    inputError(`--seed: expected 0, as in the search in ${folderText()}, got 1`),
  );
  for (const [change, name] of [
    [{ backend: 'cpu' }, 'backend'],
    [{ epochs: 3 }, 'epochs'],
    [{ momentum: 0 }, 'momentum'],
    [{ learningRate: { low: 0.1, high: 0.3 } }, 'learningRate'],
  ] as const) {
    writeSpace(change);
    await expect(joins()).rejects.toEqual(
      inputError(
        `${file()}: expected the space of the search in ${folderText()}, got another ${name}`,
      ),
    );
  }
});

test.each([
  ['config.json', 'a run'],
  ['trials', 'trials'],
  ['best.json', 'best.json'],
])('a folder with %s but no search is refused', async (name, what) => {
  mkdirSync(join(out(), name), { recursive: true });
  for (const [option, open] of [
    ['--out', async () => createSearch(out(), await planOf())],
    ['--join', () => joinSearch(out(), file(), {}, () => planOf())],
  ] as const) {
    await expect(open()).rejects.toEqual(
      inputError(`${option}: expected a folder without ${what}, got ${folderText()}`),
    );
  }
  expect(readdirSync(out())).toEqual([name]);
});

test('the end of a search removes what killed processes have left, but not of further trials', async () => {
  const search = await createSearch(out(), await planOf());
  const trials = join(out(), 'trials');
  const point = { learningRate: 0.15 };
  await search.addPoint(0, point);
  await search.addFold({ trial: 0, fold: 1 }, { failed: 'no' });
  const kept = [
    'trial-1.json',
    'trial-1.fold-2.json',
    'trial-5.fold-1.lease-0',
    '.trial-5.json.n.1.0a.tmp',
  ];
  for (const name of [...kept.slice(2), 'trial-4.fold-1.lease-0', '.trial-4.json.n.1.0a.tmp'])
    writeFileSync(join(trials, name), '');
  await search.tidy();
  expect(readdirSync(trials).sort()).toEqual(kept.sort());
  expect(await storedTrials(out())).toBe(4);
});
