import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BoxpropError, InputError } from '../errors.ts';
import { removeAbandoned, temporaryName } from './removeAbandoned.ts';
import { systemCode, systemProblem } from './systemError.ts';
import { partsOf, writeThrough, type FileData } from './writeThrough.ts';

/**
 * Writes a file completely or not at all: the data is written to a temporary file in the same
 * folder, which is then renamed to the file. A reader sees either the old file or the complete new
 * one, even after a power failure. If the file is a symbolic link, its target is written. A device
 * or a pipe receives the data directly, and is not replaced. Temporary files that killed processes
 * have left behind for this file are removed.
 *
 * Errors: `runs/model.safetensors: cannot be written: ENOSPC: no space left on device`. The old
 *         file is then unchanged, and no temporary file is left.
 *
 *     await writeFileAtomic('runs/config.json', JSON.stringify(config));
 */
export async function writeFileAtomic(file: string, data: FileData): Promise<void> {
  try {
    if (await writeThrough(file, data)) return;
  } catch (error) {
    throw writeError(file, error);
  }
  const target = await realpath(file).catch(() => file);
  const [folder, name] = [dirname(target), basename(target)];
  const temporary = join(folder, temporaryName(name, randomUUID()));
  try {
    await writeAndSync(temporary, data);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(file, error);
  }
  await syncFolder(folder);
  await removeAbandoned(folder, name);
}

/**
 * Converts an operating system error to an `InputError` that names the file. Other errors are
 * returned unchanged, because they come from the code that produces the data.
 */
function writeError(file: string, error: unknown): unknown {
  if (error instanceof BoxpropError || systemCode(error) === undefined) return error;
  return new InputError(`${file}: cannot be written: ${systemProblem(error)}`, { cause: error });
}

async function writeAndSync(file: string, data: FileData): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    // Each call of `writeFile` continues where the previous one ended.
    for await (const part of partsOf(data)) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Syncs the folder, so that the new name survives a power failure. Windows and some network file
 * systems cannot sync a folder; this error is ignored.
 */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}
