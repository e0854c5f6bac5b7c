import { join } from 'node:path';
import { InputError, show } from '../../lib/errors.ts';
import { readRegularText } from '../../lib/files/readFile.ts';
import type { Pset } from '../../psets/grader/pset.ts';

/**
 * Returns the problem set with a name.
 *
 * Errors: a name that no problem set has.
 */
export async function findPset(name: string): Promise<Pset> {
  const { psets } = await import('../../psets/index.ts');
  const found = psets.find((pset) => pset.name === name);
  if (found !== undefined) return found;
  throw new InputError(
    `pset: expected one of ${psets.map((pset) => pset.name).join(', ')}, got ${show(name)}`,
  );
}

/** Throws if a folder's package.json names another problem set than that of the first folder. */
export async function refuseOtherPsets(dirs: readonly string[], first: string): Promise<void> {
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
export async function readPsetName(dir: string): Promise<string> {
  const name = await psetNamedIn(dir);
  if (name === undefined)
    throw new InputError(
      `--pset: expected the name of a problem set, because ${show(dir)} has no package.json that names one`,
    );
  return name;
}
