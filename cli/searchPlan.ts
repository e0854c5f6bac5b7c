import * as v from 'valibot';
import { join } from 'node:path';
import { InputError, show } from '../lib/errors.ts';
import { createFile } from '../lib/files/createFile.ts';
import { readRegularText } from '../lib/files/readFile.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import { parseJson } from '../lib/parseJson.ts';
import { checkSchema, integer, object, record, text } from '../lib/schema.ts';
import { checkSpace } from '../search/checkSpace.ts';
import { SEARCH_METHODS, type SearchOptions } from '../search/search.ts';
import type { Space } from '../search/space.ts';
import { packageVersion } from './manifest.ts';
import { placed } from './placed.ts';
import { readFolderText } from './runFiles.ts';
import { checkSpaceValues, modulesOf, readSpace, type SearchSpace } from './searchSpace.ts';

/** The options of a search: the content of `search.json` in its folder. */
export interface SearchPlan extends SearchSpace {
  /** The version of boxprop that created the search. */
  readonly version: string;
  /** The method that chooses the points. */
  readonly method: SearchOptions['method'];
  /** The number of points to try. */
  readonly trials: number;
  /** The number of training examples in all folds together. */
  readonly examples: number;
  /** The hash of the training data by `dataFingerprint`. */
  readonly fingerprint: string;
  /** The number of folds. */
  readonly folds: number;
  /** The seed of the points and the folds. */
  readonly seed: number;
  /**
   * When the method `gp` proposes a point, it does not wait for the results of this number of
   * preceding trials.
   */
  readonly ahead: number;
  /** The duration of a lease, in seconds. */
  readonly lease: number;
}

/** The schema of a `SearchPlan`, without its dimensions. */
const PLAN = object({
  version: text(),
  file: text(),
  base: record(v.unknown()),
  space: record(record(v.unknown())),
  method: v.picklist(SEARCH_METHODS),
  trials: integer(2),
  examples: integer(1),
  fingerprint: text(),
  folds: integer(2),
  seed: integer(0),
  ahead: integer(0),
  lease: integer(1),
});

/** Replaces the plan in a folder. */
export function writePlan(folder: string, plan: SearchPlan): Promise<void> {
  return writeFileAtomic(join(folder, 'search.json'), textOf(plan));
}

/**
 * Stores the plan in a folder, unless there is one. If several processes do this at the same time,
 * one of them succeeds.
 *
 * @returns whether this call stored it.
 */
export function createPlan(folder: string, plan: SearchPlan): Promise<boolean> {
  return createFile(join(folder, 'search.json'), textOf(plan));
}

function textOf(plan: SearchPlan): string {
  return `${JSON.stringify(plan, undefined, 2)}\n`;
}

/**
 * Reads the plan in the folder of a search.
 *
 * Errors: a folder without a search; a file that is not a plan; another version of boxprop, whose
 *         networks may have other scores; networks that are modules, unless the user names a space
 *         with the same modules, because the folder must not run code.
 * @param option the option that names the folder, for messages.
 * @param space the file of the search's space.
 */
export async function readPlan(
  option: '--resume' | '--join',
  folder: string,
  space?: string,
): Promise<SearchPlan> {
  const file = join(folder, 'search.json');
  const value = parseJson(file, await readFolderText(option, 'search', folder, 'search.json'));
  const { version } = checkSchema(file, VERSION, value);
  if (version !== packageVersion()) {
    const began = version === undefined ? 'an earlier one' : version;
    throw new InputError(
      `${file}: expected the boxprop that began the search, ${began}, got ${packageVersion()}: use that version, or begin a new search`,
    );
  }
  const { space: dimensions, ...plan } = checkSchema(file, PLAN, value);
  if (plan.folds > plan.examples) {
    throw new InputError(
      `${file}: folds: expected at most the ${plan.examples} examples, got ${plan.folds}`,
    );
  }
  const checked = placed(file, (): Space => {
    checkSpace(dimensions);
    return dimensions;
  });
  checkSpaceValues({ file, base: plan.base, space: checked });
  const stored = { ...plan, space: checked };
  await checkModules(option, folder, stored, space);
  return stored;
}

/** Reads the number of trials in the plan of a search, which `--resume` may have raised. */
export async function storedTrials(folder: string): Promise<number> {
  const file = join(folder, 'search.json');
  return checkSchema(file, PLAN, parseJson(file, await readRegularText(file))).trials;
}

/** The schema of the version in a plan, which is read before the fields of that version. */
const VERSION = object({ version: v.optional(text()) });

async function checkModules(
  option: string,
  folder: string,
  plan: SearchPlan,
  space?: string,
): Promise<void> {
  const modules = modulesOf(plan);
  if (modules.length === 0 && space === undefined) return;
  const given = space === undefined ? [] : modulesOf(await readSpace(space));
  const missing = modules.find((module) => !given.includes(module));
  if (missing === undefined) return;
  throw new InputError(
    `${join(folder, 'search.json')}: the search is of ${show(missing)}, and the folder of a search must not run code: ` +
      `name its space yourself: boxprop search SPACE ${option} ${folder}`,
  );
}
