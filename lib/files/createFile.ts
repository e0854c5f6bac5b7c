import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, open, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../errors.ts';
import { temporaryName } from './removeAbandoned.ts';
import { systemCode, systemProblem } from './systemError.ts';

/** The errors of a file system that has no hard links. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Creates a file whole, unless it exists. If several processes create it at the same time, on any
 * machines that share the folder, exactly one of them succeeds, and a reader never sees a part of
 * the content: a temporary file is written, flushed, and linked to the name. NFS guarantees that
 * `link` is atomic and fails if the name exists.
 *
 * Errors: `runs/s/search.json: cannot be written: ENOSPC: no space left on device`; a file system
 *         without hard links.
 * @returns whether this call created the file.
 */
export async function createFile(file: string, text: string): Promise<boolean> {
  const temporary = join(dirname(file), temporaryName(basename(file), randomUUID()));
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(text);
      await handle.sync();
      return await linked(temporary, file, handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const got = NO_LINKS.includes(code) ? 'expected a file system with hard links, got ' : '';
    throw new InputError(`${file}: cannot be written: ${got}${systemProblem(error)}`, {
      cause: error,
    });
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

async function linked(temporary: string, file: string, handle: FileHandle): Promise<boolean> {
  try {
    await link(temporary, file);
    return true;
  } catch (error) {
    // If the reply of an NFS server was lost, the repeated request fails although the first one has
    // made the link. Then the file has two names.
    if ((await handle.stat()).nlink === 2) return true;
    if (systemCode(error) === 'EEXIST' || existsSync(file)) return false;
    throw error;
  }
}
