import { join } from 'node:path';
import { InputError, show } from '../../lib/errors.ts';
import { readRegularText } from '../../lib/files/readFile.ts';
import type { Pset } from '../../psets/grader/pset.ts';
import { packageRoot } from '../manifest.ts';
import type { OwnSet } from './loadSet.ts';

/** The options that select a problem set. */
export interface PsetChoice {
  /** The name of a problem set of boxprop. */
  readonly pset?: string;
  /** The file of a problem set of one's own. */
  readonly set?: string;
}

/** The option for a problem set of one's own, with its text in the help. */
export const SET_OPTION = [
  '--set <file>',
  "problem set of one's own: a file for definePset",
] as const;

/**
 * Returns the problem set that the options select. Without an option, the package.json of the first
 * folder names it, and all other folders must name the same or none.
 *
 * Errors: both options; those of `loadSet` and `findPset`; folders that name different sets, or
 *         none.
 */
export async function choosePset(choice: PsetChoice, dirs: readonly string[]): Promise<Pset> {
  const chosen = await chosenPset(choice);
  if (chosen !== undefined) return chosen;
  const found = await findPset(await readPsetName(dirs[0]));
  await refuseOtherPsets(dirs, found.name);
  return found;
}

async function chosenPset({ pset, set }: PsetChoice): Promise<Pset | undefined> {
  if (set === undefined) return pset === undefined ? undefined : findPset(pset);
  if (pset !== undefined)
    throw new InputError('--set: expected either --set FILE or --pset NAME, got both');
  return (await ownSet(set)).pset;
}

/** Returns a problem set of boxprop and its folder. Throws if no problem set has the name. */
export async function namedSet(name: string): Promise<OwnSet> {
  const pset = await findPset(name);
  return { pset, folder: join(packageRoot(), 'psets', pset.name) };
}

/** Calls `loadSet`, whose checks are loaded only then. */
export async function ownSet(file: string): Promise<OwnSet> {
  const { loadSet } = await import('./loadSet.ts');
  return loadSet(file);
}

/**
 * Returns the problem set with a name.
 *
 * Errors: a name that no problem set has.
 */
async function findPset(name: string): Promise<Pset> {
  const { psets } = await import('../../psets/index.ts');
  const found = psets.find((pset) => pset.name === name);
  if (found !== undefined) return found;
  throw new InputError(
    `pset: expected one of ${psets.map((pset) => pset.name).join(', ')}, got ${show(name)}`,
  );
}

/** Throws if the values of a problem set are recorded for another seed than that of an option. */
export function refuseOtherSeed({ recordedSeed }: Pset, seed: number): void {
  if (recordedSeed === undefined || recordedSeed === seed) return;
  throw new InputError(
    `--seed: expected ${recordedSeed}, got ${seed}: the installed package has no solutions, and so only the examples of one seed; a clone of the repository has all`,
  );
}

/** Throws if a folder's package.json names another problem set than that of the first folder. */
async function refuseOtherPsets(dirs: readonly string[], first: string): Promise<void> {
  for (const dir of dirs) {
    const own = await psetNamedIn(dir);
    if (own === undefined || own === first) continue;
    throw new InputError(
      `${dir}: expected the problem set ${first}, as in ${show(dirs[0])}, got ${show(own)}; --pset NAME decides`,
    );
  }
}

async function psetNamedIn(dir: string): Promise<string | undefined> {
  const text = await readRegularText(join(dir, 'package.json')).catch(() => '{}');
  return /"boxprop":\s*\{\s*"pset":\s*"([^"]*)"/.exec(text)?.[1];
}

/** Reads the name of the problem set from the package.json of a handout. */
async function readPsetName(dir: string): Promise<string> {
  const name = await psetNamedIn(dir);
  if (name === undefined)
    throw new InputError(
      `--pset: expected the name of a problem set, because ${show(dir)} has no package.json that names one`,
    );
  return name;
}
