import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './systemError.ts';

/**
 * Creates a folder and those above it, unless they exist. Node's own `mkdir` with `recursive` never
 * returns where the system cannot create one, as in `/proc`.
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
