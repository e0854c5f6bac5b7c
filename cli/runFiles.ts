import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, show } from '../lib/errors.ts';

/** The files that `train` writes into the folder of a run. */
export const RUN_FILES = [
  'checkpoint.safetensors',
  'weights.safetensors',
  'config.json',
  'log.jsonl',
  'report.html',
] as const;

/** The files that `search` writes into its folder. */
export const SEARCH_FILES = ['search.json', 'log.jsonl', 'best.json', 'search.html'] as const;

/**
 * Refuses a folder for a new run or search that has one of its files already: nothing is
 * overwritten.
 *
 * Errors: `--out: expected a folder without report.html, got "runs/a"`.
 */
export async function refuseFiles(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const found = await lstat(join(folder, name)).catch(() => undefined);
    if (found !== undefined)
      throw new InputError(`--out: expected a folder without ${name}, got ${show(folder)}`);
  }
}
