import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { InputError, show } from '../lib/errors.ts';
import { makeFolder } from '../lib/files/makeFolder.ts';
import { refuseLinks } from '../lib/files/refuseLinks.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { SEARCH_FILES } from './runFiles.ts';
import { SearchFolder } from './searchFolder.ts';
import { createPlan, readPlan, writePlan, type SearchPlan } from './searchPlan.ts';
import { readSpace, withAbsoluteSpace } from './searchSpace.ts';

/**
 * Creates the folder of a new search.
 *
 * Errors: a folder that cannot be written, or that has a search or run.
 */
export async function createSearch(folder: string, plan: SearchPlan): Promise<SearchFolder> {
  if (await created('--out', folder, plan)) return SearchFolder.open(folder, plan);
  throw new InputError(
    `--out: expected a folder without a run, got ${show(folder)}; --resume ${folder} continues it`,
  );
}

/**
 * Opens the folder of a search that was stopped, or in which other processes work.
 *
 * Errors: those of `readPlan`; fewer trials than before, or any number of trials for a grid.
 * @param trials the new number of trials.
 * @param space the file of the search's space, if it names modules: the folder must not run code.
 */
export async function resumeSearch(
  folder: string,
  trials?: number,
  space?: string,
): Promise<SearchFolder> {
  const stored = await readPlan('--resume', folder, space);
  if (trials !== undefined && (stored.method === 'grid' || trials < stored.trials)) {
    const expected =
      stored.method === 'grid'
        ? 'none, because a grid has a fixed number'
        : `at least the ${stored.trials} so far`;
    throw new InputError(`--trials: expected ${expected}, got ${trials}`);
  }
  const plan = { ...stored, trials: trials ?? stored.trials };
  await makeTrials('--resume', folder);
  if (plan.trials > stored.trials) await writePlan(folder, plan);
  return SearchFolder.open(folder, plan);
}

/** The options of a search that the user gave, which must be those of the search that is joined. */
export type GivenOptions = Partial<
  Pick<SearchPlan, 'method' | 'trials' | 'folds' | 'seed' | 'ahead' | 'lease'>
>;

/**
 * Opens the folder of a search to take part in it. If there is no search, it is created; of several
 * processes that do so at the same time, one succeeds, and the others join it.
 *
 * Errors: those of `readPlan`; a space or options that are not those of the search; no search and
 *         no space.
 * @param space the file of the search's space.
 * @param makePlan makes the plan of a new search.
 */
export async function joinSearch(
  folder: string,
  space: string | undefined,
  given: GivenOptions,
  makePlan: (space: string) => Promise<SearchPlan>,
): Promise<SearchFolder> {
  if (space !== undefined && !existsSync(join(folder, 'search.json'))) {
    const plan = await makePlan(space);
    if (await created('--join', folder, plan)) return SearchFolder.open(folder, plan);
  }
  const plan = await readPlan('--join', folder, space);
  if (space !== undefined) await checkSameSpace(folder, plan, space);
  for (const [name, value] of Object.entries(given)) {
    const stored = Object.entries(plan).find(([key]) => key === name)?.[1] as unknown;
    if (value === stored) continue;
    const more =
      name === 'trials' ? `; boxprop search --resume ${folder} --trials ${value} takes more` : '';
    throw new InputError(
      `--${name}: expected ${show(stored)}, as in the search in ${show(folder)}, got ${show(value)}${more}`,
    );
  }
  await makeTrials('--join', folder);
  return SearchFolder.open(folder, plan);
}

/** Throws if a space is not that of a search. The backend `auto` means that of the search. */
async function checkSameSpace(folder: string, plan: SearchPlan, file: string): Promise<void> {
  const { base, space } = withAbsoluteSpace(await readSpace(file));
  const { backend = 'auto' } = base;
  const given = { ...base, ...(backend === 'auto' && { backend: plan.base.backend }), ...space };
  const own: Record<string, unknown> = { ...plan.base, ...plan.space };
  // A module may hold values that JSON does not have.
  const now = JSON.parse(JSON.stringify(given)) as Record<string, unknown>;
  const other = Object.keys({ ...own, ...now }).find(
    (name) => !isDeepStrictEqual(own[name], now[name]),
  );
  if (other === undefined) return;
  throw new InputError(
    `${file}: expected the space of the search in ${show(folder)}, got another ${other}`,
  );
}

/**
 * Creates the folder of a search and stores its plan. Nothing that is in the folder is overwritten.
 *
 * Errors: a folder that cannot be written, or that has a run or a file of a search.
 * @returns false if the folder has a search.
 */
async function created(option: string, folder: string, plan: SearchPlan): Promise<boolean> {
  await writable(option, folder, () => makeFolder(folder));
  await refuseLinks(folder, SEARCH_FILES);
  // The folder is read only once. If another process is creating a search at this moment, its first
  // file is the plan.
  const names = new Set(await readdir(folder));
  if (names.has('search.json')) return false;
  const taken = ['config.json', ...SEARCH_FILES].find((name) => names.has(name));
  if (taken !== undefined) {
    const what = taken === 'config.json' ? 'a run' : taken;
    throw new InputError(`${option}: expected a folder without ${what}, got ${show(folder)}`);
  }
  if (!(await createPlan(folder, plan))) return false;
  await makeTrials(option, folder);
  return true;
}

async function makeTrials(option: string, folder: string): Promise<void> {
  await refuseLinks(folder, SEARCH_FILES);
  await writable(option, folder, () => makeFolder(join(folder, 'trials')));
}

async function writable(option: string, folder: string, make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (error) {
    throw new InputError(
      `${option}: expected a folder that can be written, got ${show(folder)}: ${systemProblem(error)}`,
      { cause: error },
    );
  }
}
