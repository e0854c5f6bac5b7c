import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, messageOf, show } from '../lib/errors.ts';
import { readRegularText } from '../lib/files/readFile.ts';
import { systemProblem } from '../lib/files/systemError.ts';

/** The files that `train` writes into the folder of a run. */
export const RUN_FILES = [
  'checkpoint.safetensors',
  'weights.safetensors',
  'config.json',
  'log.jsonl',
  'report.html',
] as const;

/** The files that `search` writes into its folder. */
export const SEARCH_FILES = ['search.json', 'trials', 'best.json', 'search.html'] as const;

/**
 * Throws if the folder for a new run or search already contains one of its files, so that nothing
 * is overwritten.
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

/**
 * Reads a text file from the folder of a run or a search. The folder may come from somebody else.
 *
 * Errors: a missing file; a pipe or device in its place:
 *
 *     --resume: expected the folder of a run, got "runs/a": ENOENT: no such file or directory
 * @param option the option or command that names the folder, for messages.
 */
export async function readFolderText(
  option: string,
  kind: 'run' | 'search',
  folder: string,
  name: string,
): Promise<string> {
  try {
    return await readRegularText(join(folder, name));
  } catch (error) {
    const cause = error instanceof InputError ? error.cause : undefined;
    const problem = cause === undefined ? messageOf(error) : systemProblem(cause);
    throw new InputError(
      `${option}: expected the folder of a ${kind}, got ${show(folder)}: ${problem}`,
      { cause: error },
    );
  }
}
