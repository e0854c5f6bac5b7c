import { InputError } from '../../lib/errors.ts';
import type { ReadAt, TensorFile } from '../tensorFile.ts';
import { DTYPES } from './dtypes.ts';
import { checkSafetensors, SNIFFED_BYTES } from './foreignFile.ts';
import { brief, headerLength, LENGTH_BYTES, parseHeader, type Entry } from './safetensorsHeader.ts';

/**
 * An open safetensors file: the content of its header, and a function that reads single tensors.
 */
export interface SafetensorsFile extends TensorFile {
  readonly entries: ReadonlyMap<string, Entry>;
}

/**
 * Reads and checks the header of a safetensors file of `size` bytes, as `decodeSafetensors` does.
 *
 * @param file the name of the file, for error messages.
 * @param sniffed the first bytes, up to `SNIFFED_BYTES`, if they have been read already.
 */
export async function openSafetensors(
  file: string,
  size: number,
  readAt: ReadAt,
  sniffed?: Uint8Array,
): Promise<SafetensorsFile> {
  const first = sniffed ?? (await readAt(0, Math.min(size, SNIFFED_BYTES)));
  checkSafetensors(first, file);
  const length = headerLength(first, size, file);
  const { entries, metadata, start } = parseHeader(await readAt(LENGTH_BYTES, length), size, file);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return {
    format: 'safetensors',
    entries: byName,
    metadata: new Map(metadata),
    async read({ name }) {
      const entry = byName.get(name);
      if (entry === undefined)
        throw new InputError(`${file}: expected a tensor of the file, got ${brief(name)}`);
      const { dtype, shape, begin, end } = entry;
      const bytes = await readAt(start + begin, end - begin);
      if (bytes.length < end - begin) {
        throw new InputError(`${file}: expected ${size} bytes, the file was cut while it was read`);
      }
      return { dtype, shape, data: DTYPES[dtype].read(bytes.buffer) };
    },
  };
}
