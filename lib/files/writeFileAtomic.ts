import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../errors.ts';
import { systemCode, systemProblem } from './systemError.ts';

/** The content of a file, whole or in parts. */
export type FileData = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Writes a file whole or not at all: the data goes into a temporary file in the same folder, which
 * then takes the name of the file. A reader sees either the old file or the whole new one, even
 * after a loss of power. If the file is a symbolic link, its target is written.
 *
 * Errors: `runs/model.safetensors: cannot be written: ENOSPC: no space left on device`. The old
 *         file is then unchanged, and no temporary file is left.
 *
 *     await writeFileAtomic('runs/config.json', JSON.stringify(config));
 */
export async function writeFileAtomic(file: string, data: FileData): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const temporary = join(
    dirname(target),
    `.${basename(target)}.${process.pid}.${randomUUID()}.tmp`,
  );
  try {
    await writeAndSync(temporary, data);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    // If the producer of the data has failed, the error is not about the file.
    if (systemCode(error) === undefined) throw error;
    throw new InputError(`${file}: cannot be written: ${systemProblem(error)}`, { cause: error });
  }
  await syncFolder(dirname(target));
}

async function writeAndSync(file: string, data: FileData): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    const parts = typeof data === 'string' || data instanceof Uint8Array ? [data] : data;
    // Each call continues where the previous part ended.
    for await (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Syncs the folder, so that the new name survives a loss of power. Windows and some network file
 * systems cannot sync a folder; this is ignored.
 */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}
