import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readRegularText } from '../../lib/files/readFile.ts';
import type { Pset } from '../../psets/grader/pset.ts';
import type { Recording } from '../../psets/recorded/recording.ts';
import { packageRoot } from '../manifest.ts';

/**
 * Returns the statement of a problem set. It is the first part of its README. Of its own problem
 * sets, the installed package has only the statements.
 *
 * @param folder the folder with README.md.
 */
export async function statementOf(pset: Pset, folder: string): Promise<string> {
  const found = await installedOf(pset);
  if (found !== undefined) return found.statement;
  const { splitReadme } = await import('../../psets/grader/handout.ts');
  return splitReadme(pset.name, await readRegularText(join(folder, 'README.md'))).statement;
}

/** Returns the recording of a problem set for the public examples, which are those of seed 0. */
export async function recordingOf(pset: Pset): Promise<Recording> {
  const found = await installedOf(pset);
  if (found !== undefined) return found.recording;
  const { recordPset } = await import('../../psets/recorded/recordPset.ts');
  return recordPset(pset, 0);
}

/** Returns a problem set of the installed package, or undefined for one that has its solution. */
async function installedOf({ name, recordedSeed }: Pset) {
  if (recordedSeed === undefined) return undefined;
  const { readInstalled } = await import('../../psets/recorded/installedFile.ts');
  const file = join(packageRoot(), 'dist', 'psets', 'installed.json');
  return readInstalled(await readFile(file, 'utf8')).find((one) => one.name === name);
}
