import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { plainScript } from './plainScript.ts';

/** The largest number of files that a submission may have. */
const MOST_FILES = 200;
/** The largest size of all files of a submission, in bytes. */
const MOST_BYTES = 512 * 2 ** 10;
/** Folders and files that are not part of a submission; check.mjs is the checker in a handout. */
const IGNORED = ['node_modules', '.git', '__MACOSX', 'check.mjs'];

/** The files of a submission. */
export interface SubmissionFiles {
  /** The paths of the regular files, relative to the folder, with `/`. */
  readonly files: readonly string[];
  /** What is wrong with other files, such as `helper.ts is a link, and links are not followed`. */
  readonly notes: readonly string[];
}

/**
 * Lists the files of a submission. Links and other special files are not followed, because they
 * could lead to files that do not belong to the submission.
 */
export function listFiles(folder: string): SubmissionFiles {
  const files: string[] = [];
  const notes: string[] = [];
  const walk = (inner: string) => {
    const entries = readdirSync(join(folder, inner), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = inner === '' ? entry.name : `${inner}/${entry.name}`;
      if (IGNORED.includes(entry.name)) continue;
      if (files.length === MOST_FILES) {
        notes.push(`more than ${MOST_FILES} files: the others are ignored`);
        return;
      }
      if (entry.isDirectory()) walk(name);
      else if (entry.isFile()) files.push(name);
      else
        notes.push(
          `${name} is ${entry.isSymbolicLink() ? 'a link, and links are not followed' : 'not a regular file'}`,
        );
    }
  };
  walk('');
  return { files, notes: [...new Set(notes)] };
}

/**
 * Copies the scripts and JSON files of one folder of a submission, without the types of TypeScript.
 * The copies belong to this process's user, and others may only read them.
 *
 * @returns what is wrong with files that were not copied.
 */
export function copyScripts(from: string, files: readonly string[], to: string): string[] {
  const notes: string[] = [];
  let left = MOST_BYTES;
  for (const name of files) {
    if (!/\.([mc]?[jt]s|json)$/.test(name)) continue;
    const source = readRegular(join(from, name), left);
    if (source === undefined) {
      notes.push(`${name} is not copied: the files are larger than ${MOST_BYTES / 2 ** 10} KiB`);
      continue;
    }
    left -= source.length;
    const target = join(to, name);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    writeFileSync(target, name.endsWith('.json') ? source : plainScript(name, source), {
      mode: 0o644,
    });
  }
  return notes;
}

/** Reads a file that is no link. Returns undefined if it is no regular file or too large. */
function readRegular(path: string, most: number): string | undefined {
  const file = openSync(
    path,
    constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
  );
  try {
    const stat = fstatSync(file);
    return stat.isFile() && stat.size <= most ? readFileSync(file, 'utf8') : undefined;
  } finally {
    closeSync(file);
  }
}

/** Reads a small text file, or returns an empty text if there is none. */
export function readText(path: string): string {
  try {
    return readRegular(path, MOST_BYTES) ?? '';
  } catch {
    return '';
  }
}
