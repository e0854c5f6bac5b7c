import { readFileSync } from 'node:fs';
import { readInstalled } from './recorded/installedFile.ts';
import { replayPset } from './recorded/replayPset.ts';
import type { Pset } from './grader/pset.ts';

const text = readFileSync(new URL('./installed.json', import.meta.url), 'utf8');

/**
 * All problem sets, without their solutions. The build puts this file into the place of `index.ts`,
 * because students install the package.
 */
export const psets: readonly Pset[] = readInstalled(text).map(({ recording }) =>
  replayPset(recording),
);
