import { open, stat, type FileHandle } from 'node:fs/promises';
import { InputError } from '../../lib/errors.ts';
import { DTYPES } from './dtypes.ts';
import { checkSafetensors, SNIFFED_BYTES } from './foreignFile.ts';
import type { SafetensorsTensor } from './safetensors.ts';
import { headerLength, LENGTH_BYTES, parseHeader, type Entry } from './safetensorsHeader.ts';
import { systemProblem } from '../../lib/files/systemError.ts';

/**
 * An open safetensors file: the content of its header, and a function that reads single tensors.
 */
export interface SafetensorsFile {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly metadata: ReadonlyMap<string, string>;
  /** Reads the values of one tensor. The file keeps no values in memory. */
  readonly read: (entry: Entry) => Promise<SafetensorsTensor>;
}

/**
 * Opens a safetensors file, passes it to `use`, and closes it. The whole header is checked first
 * against the size of the file, as `decodeSafetensors` does.
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
  // Pipes are excluded too: opening one would block until it has a writer.
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
    const first = await readAt(0, Math.min(size, SNIFFED_BYTES));
    checkSafetensors(first, file);
    const length = headerLength(first, size, file);
    const { entries, metadata, start } = parseHeader(
      await readAt(LENGTH_BYTES, length),
      size,
      file,
    );
    return await use({
      entries: new Map(entries.map((entry) => [entry.name, entry])),
      metadata: new Map(metadata),
      async read({ dtype, shape, begin, end }) {
        const bytes = await readAt(start + begin, end - begin);
        if (bytes.length < end - begin) {
          throw new InputError(
            `${file}: expected ${size} bytes, the file was cut while it was read`,
          );
        }
        return { dtype, shape, data: DTYPES[dtype].read(bytes.buffer) };
      },
    });
  } finally {
    await handle.close();
  }
}

/**
 * Reads up to `length` bytes, fewer at the end of the file. One system call reads at most 2 GiB.
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
