import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { InputError } from '../errors.ts';
import { notFetched } from './notFetched.ts';
import { systemCode, systemProblem } from './systemError.ts';

/** The kind of a path after links have been followed. A pipe, device or socket is `other`. */
export type PathKind = 'file' | 'folder' | 'other' | 'missing';

/**
 * Returns the kind of a path. A link that leads to itself or to nothing is `missing`.
 *
 * Errors: `flowers/cat: cannot be read: EACCES: permission denied`.
 */
export async function pathKind(path: string): Promise<PathKind> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'folder';
    return found.isFile() ? 'file' : 'other';
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) return 'missing';
    throw unreadable(path, error);
  }
}

/** The size of the largest file that is read, which is Node's limit for one read. */
const MAX_BYTES = 2 ** 31 - 1;

/** An open file. */
export interface RegularFile {
  /** The number of bytes. */
  readonly size: number;
  /** Reads all bytes. */
  readonly read: () => Promise<Uint8Array>;
}

/**
 * Opens a file of a dataset for the duration of `use`. It must be a regular file: reading a pipe
 * without a writer would wait for ever, and reading a device may never end.
 *
 * Errors: `train.bin: cannot be read: ENOENT: no such file or directory`; a path that is not a
 *         file; a file of 2 GiB or more; those of `use`.
 */
export async function withRegularFile<T>(
  file: string,
  use: (opened: RegularFile) => Promise<T>,
): Promise<T> {
  const handle = await attempt(file, () =>
    // Without the flag O_NONBLOCK, opening a pipe would wait for its writer. Windows has neither
    // this flag nor such pipes.
    open(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)),
  );
  try {
    const found = await attempt(file, () => handle.stat());
    const { size } = found;
    if (!found.isFile()) {
      const got = found.isDirectory() ? 'a folder' : 'a pipe or device';
      throw new InputError(`${file}: expected a file, got ${got}`);
    }
    if (size > MAX_BYTES) {
      throw new InputError(`${file}: expected less than 2 GiB, got ${size} bytes`);
    }
    return await use({ size, read: () => attempt(file, () => readAll(handle, size)) });
  } finally {
    await handle.close();
  }
}

/**
 * Reads a file of a dataset.
 *
 * Errors: those of `withRegularFile`; a file whose content was not downloaded:
 *         `train.csv: expected data, got a pointer of Git LFS: fetch the file with git lfs pull`.
 */
export async function readRegularFile(file: string): Promise<Uint8Array> {
  const bytes = await withRegularFile(file, ({ read }) => read());
  const other = notFetched(bytes);
  if (other !== undefined) throw new InputError(`${file}: expected data, got ${other}`);
  return bytes;
}

async function readAll(handle: FileHandle, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const { bytesRead } = await handle.read(bytes, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

async function attempt<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): InputError {
  return new InputError(`${path}: cannot be read: ${systemProblem(error)}`, { cause: error });
}
