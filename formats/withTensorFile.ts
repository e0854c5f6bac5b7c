import { open, stat, type FileHandle } from 'node:fs/promises';
import { InputError } from '../lib/errors.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { openTensorFile } from './openTensorFile.ts';
import type { ReadAt, TensorFile } from './tensorFile.ts';

/**
 * Opens a file of weights, passes it to `use`, and closes it. The format is recognized by the
 * content: safetensors, or a file of PyTorch (`.pth`, `.pt`). The list of tensors is checked first
 * against the size of the file. Values are read one tensor at a time.
 *
 *     await withTensorFile('resnet18.pth', async ({ entries, read }) => {
 *       for (const entry of entries.values()) console.log(entry.name, (await read(entry)).data);
 *     });
 *
 * Errors: those of `openTensorFile`; a file that cannot be read, or that shrinks while it is read.
 */
export function withTensorFile<T>(
  file: string,
  use: (opened: TensorFile) => Promise<T>,
): Promise<T> {
  return withReadAt(file, async (size, readAt) => use(await openTensorFile(file, size, readAt)));
}

/**
 * Opens a file, passes its size and a function that reads parts of it to `use`, and closes it.
 *
 * Errors: a path that cannot be read; a folder, device or pipe.
 */
export async function withReadAt<T>(
  file: string,
  use: (size: number, readAt: ReadAt) => Promise<T>,
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
    const readAt: ReadAt = (position, length, memory) =>
      readBytes(handle, position, length, memory).catch((error: unknown) => {
        throw cannotRead(error);
      });
    return await use(size, readAt);
  } finally {
    await handle.close();
  }
}

/**
 * Reads up to `length` bytes, or fewer at the end of the file. It uses several system calls,
 * because one call reads at most 2 GiB.
 */
async function readBytes(
  handle: FileHandle,
  position: number,
  length: number,
  bytes = new Uint8Array(length),
) {
  let done = 0;
  while (done < length) {
    const chunk = Math.min(length - done, 2 ** 30);
    const { bytesRead } = await handle.read(bytes, done, chunk, position + done);
    if (bytesRead === 0) return bytes.slice(0, done);
    done += bytesRead;
  }
  return bytes;
}
