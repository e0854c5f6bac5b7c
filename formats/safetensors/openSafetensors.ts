import { InputError } from '../../lib/errors.ts';
import { DTYPES } from './dtypes.ts';
import { checkSafetensors, SNIFFED_BYTES } from './foreignFile.ts';
import type { SafetensorsTensor } from './safetensors.ts';
import { headerLength, LENGTH_BYTES, parseHeader, type Entry } from './safetensorsHeader.ts';

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
 * Reads bytes into new memory. It may return fewer bytes only if the file has become shorter.
 */
export type ReadAt = (position: number, length: number) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * Reads and checks the header of a safetensors file of `size` bytes, as `decodeSafetensors` does.
 *
 * @param file the name of the file, for error messages.
 */
export async function openSafetensors(
  file: string,
  size: number,
  readAt: ReadAt,
): Promise<SafetensorsFile> {
  const first = await readAt(0, Math.min(size, SNIFFED_BYTES));
  checkSafetensors(first, file);
  const length = headerLength(first, size, file);
  const { entries, metadata, start } = parseHeader(await readAt(LENGTH_BYTES, length), size, file);
  return {
    entries: new Map(entries.map((entry) => [entry.name, entry])),
    metadata: new Map(metadata),
    async read({ dtype, shape, begin, end }) {
      const bytes = await readAt(start + begin, end - begin);
      if (bytes.length < end - begin) {
        throw new InputError(`${file}: expected ${size} bytes, the file was cut while it was read`);
      }
      return { dtype, shape, data: DTYPES[dtype].read(bytes.buffer) };
    },
  };
}
