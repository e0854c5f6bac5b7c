import { createHash } from 'node:crypto';
import { readdir, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { readBytes } from '../../lib/files/readFile.ts';
import { normalizedCode } from './sameCode.ts';

/** A submission's facts that come from the files of its folder. */
export interface SubmissionFiles {
  /** A hash of the key, the folder's path, and the names and contents of all files in it. */
  readonly hash: string;
  /** The normalized code of all programs in the folder. */
  readonly code: string;
}

/**
 * Reads the files of a submission.
 *
 * @param key everything else on which a report depends.
 */
export async function submissionFiles(dir: string, key: string): Promise<SubmissionFiles> {
  const hash = createHash('sha256').update(JSON.stringify([key, await realpath(dir)]));
  const codes: string[] = [];
  const add = async (folder: string) => {
    const entries = await readdir(join(dir, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      // The grader does not allow imports from node_modules, so they need not be hashed.
      if (entry.name === 'node_modules') continue;
      const name = join(folder, entry.name);
      const path = join(dir, name);
      if (entry.isDirectory()) await add(name);
      else if (entry.isSymbolicLink()) hash.update(JSON.stringify([name, await readlink(path)]));
      else if (entry.isFile()) {
        const bytes = await readBytes(path);
        const content = createHash('sha256').update(bytes);
        hash.update(JSON.stringify([name, content.digest('hex')]));
        // A huge file is no program of a problem set.
        if (/\.[jt]s$/.test(name) && bytes.length < 1e6)
          codes.push(normalizedCode(new TextDecoder().decode(bytes)));
      }
    }
  };
  await add('');
  return { hash: hash.digest('hex').slice(0, 32), code: codes.join('\n') };
}
