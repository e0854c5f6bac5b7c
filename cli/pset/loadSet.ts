import { dirname } from 'node:path';
import { InputError, show } from '../../lib/errors.ts';
import { isObject } from '../../lib/isObject.ts';
import { definePset, type PsetOptions } from '../../psets/define.ts';
import type { Pset } from '../../psets/grader/pset.ts';
import { importModule } from '../moduleFile.ts';

/** A problem set of one's own, and the folder with its statement, README.md. */
export interface OwnSet {
  readonly pset: Pset;
  readonly folder: string;
}

/**
 * Loads a problem set from a TypeScript or JavaScript file, whose default export it is.
 *
 * Errors: those of `importModule` and `definePset`; a file without a default export.
 */
export async function loadSet(file: string): Promise<OwnSet> {
  const { default: exported } = await importModule(file);
  if (!isPsetOptions(exported)) {
    throw new InputError(
      `${file}: expected export default definePset({ name: ..., tasks: ... }), got ${show(exported)}`,
    );
  }
  return { pset: definePset(exported), folder: dirname(file) };
}

/** `definePset` checks the parts one by one. */
function isPsetOptions(exported: unknown): exported is PsetOptions {
  return isObject(exported) && 'tasks' in exported && 'solution' in exported;
}
