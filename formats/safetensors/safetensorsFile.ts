import { open, stat, type FileHandle } from 'node:fs/promises';
import { InputError } from '../../lib/errors.ts';
import { openSafetensors, type SafetensorsFile } from './openSafetensors.ts';
import { systemProblem } from '../../lib/files/systemError.ts';

export type { SafetensorsFile } from './openSafetensors.ts';

/**
 * Opens a safetensors file, passes it to `use`, and closes it. Before that, the whole header is
 * checked against the size of the file, as in `decodeSafetensors`.
 *
 * Errors: those of `decodeSafetensors`; a file that cannot be read, or that shrinks while it is
 *         read.
 */
export async function withSafetensors<T>(
  file: string,
  use: (opened: SafetensorsFile) => Promise<T>,
): Promise<T> {
  const cannotRead = (error: unknown) =>
    new InputError(`${file}: cannot be read: ${systemProblem(error)}`, { cause: error });
  const kind = await stat(file).catch((error: unknown) => {
    throw cannotRead(error);
  });
  // Pipes are excluded too, because opening a pipe would block until it has a writer.
  if (!kind.isFile()) {
    throw new InputError(
      `${file}: expected a file, got ${kind.isDirectory() ? 'a folder' : 'a device'}`,
    );
  }
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw cannotRead(error);
  });
  try {
    const { size } = await handle.stat();
    const readAt = (position: number, length: number) =>
      readBytes(handle, position, length).catch((error: unknown) => {
        throw cannotRead(error);
      });
    return await use(await openSafetensors(file, size, readAt));
  } finally {
    await handle.close();
  }
}

/**
 * Reads up to `length` bytes, or fewer at the end of the file. It uses several system calls,
 * because one call reads at most 2 GiB.
 */
async function readBytes(handle: FileHandle, position: number, length: number) {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const chunk = Math.min(length - done, 2 ** 30);
    const { bytesRead } = await handle.read(bytes, done, chunk, position + done);
    if (bytesRead === 0) return bytes.slice(0, done);
    done += bytesRead;
  }
  return bytes;
}
