import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../errors.ts';
import { systemCode, systemProblem } from './systemError.ts';

/** The content of a file, or its parts one by one. */
export type FileData = Uint8Array | string | AsyncIterable<Uint8Array>;

/**
 * Writes a file as a whole or not at all: to a temporary file in the same folder, which then takes the file's name.
 * A reader, or a machine that loses power, sees the old file or the new one and never a part. A link stays a link.
 *
 * Errors: `runs/model.safetensors: cannot be written: ENOSPC: no space left on device`; the old file is as it was
 * and no temporary file is left.
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
    // What gives the parts of the data may fail too, and that is no fault of the file.
    if (systemCode(error) === undefined) throw error;
    throw new InputError(`${file}: cannot be written: ${systemProblem(error)}`, { cause: error });
  }
  await syncFolder(dirname(target));
}

async function writeAndSync(file: string, data: FileData): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    const parts = typeof data === 'string' || data instanceof Uint8Array ? [data] : data;
    // From where the part before it ended.
    for await (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the new name last. Windows and some network file systems cannot, and the file is in place without. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}
