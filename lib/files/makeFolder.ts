import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './systemError.ts';

/**
 * Creates a folder and its missing parent folders. Node's own `mkdir` with `recursive` never
 * returns in a place where no folder can be created, such as `/proc`.
 *
 * Errors: the system's own, such as `ENOENT` or `EACCES`.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory()) return;
    const above = dirname(folder);
    if (systemCode(error) !== 'ENOENT' || above === folder) throw error;
    if ((await stat(above).catch(() => undefined))?.isDirectory()) throw error;
    await makeFolder(above);
    await makeFolder(folder);
  }
}
