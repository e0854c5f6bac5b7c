import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pset } from '../../psets/grader/pset.ts';
import type { Recording } from '../../psets/recorded/recording.ts';
import { packageRoot } from '../manifest.ts';

/**
 * Returns the statement of a problem set. In a clone of the repository it is the first part of its
 * README, and the installed package has only the statements.
 */
export async function statementOf(name: string): Promise<string> {
  const found = (await installed())?.find((one) => one.name === name);
  if (found !== undefined) return found.statement;
  const { splitReadme } = await import('../../psets/grader/handout.ts');
  const readme = await readFile(join(packageRoot(), 'psets', name, 'README.md'), 'utf8');
  return splitReadme(name, readme).statement;
}

/** Returns the recording of a problem set for the public examples, which are those of seed 0. */
export async function recordingOf(pset: Pset): Promise<Recording> {
  const found = (await installed())?.find((one) => one.name === pset.name);
  if (found !== undefined) return found.recording;
  const { recordPset } = await import('../../psets/recorded/recordPset.ts');
  return recordPset(pset, 0);
}

/** Reads the problem sets of the installed package. Returns undefined in a clone. */
async function installed() {
  const file = join(packageRoot(), 'dist', 'psets', 'installed.json');
  if (!existsSync(file)) return undefined;
  const { readInstalled } = await import('../../psets/recorded/installedFile.ts');
  return readInstalled(await readFile(file, 'utf8'));
}
