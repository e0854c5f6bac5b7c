import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError } from '../errors.ts';
import { systemProblem } from './systemError.ts';

/**
 * Checks that `writeFileAtomic` will be able to write a file. So a command reports a wrong path
 * before it starts its work and not at the end. The disk may still become full.
 *
 * Errors: `out/page.html: cannot be written: ENOENT: no such file or directory`, the same as those
 *         of `writeFileAtomic`; a folder of that name.
 */
export async function checkWritable(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory())
    throw new InputError(`${file}: cannot be written: expected a file, got a folder`);
  try {
    // A device or a pipe is written directly, so it must itself be writable. A file is replaced, so
    // its folder must be writable.
    if (found !== undefined && !found.isFile()) return await access(file, constants.W_OK);
    const target = await realpath(file).catch(() => file);
    const folder = dirname(target);
    if (!(await stat(folder)).isDirectory())
      throw new InputError(`${file}: cannot be written: ENOTDIR: not a directory`);
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: cannot be written: ${systemProblem(error)}`, { cause: error });
  }
}
