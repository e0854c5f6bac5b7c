import { InputError } from '../../lib/errors.ts';
import { numElements } from '../../lib/shapes.ts';
import { readParts } from '../parts.ts';
import type { ReadAt, TensorFile, TensorInfo } from '../tensorFile.ts';
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
  /** Returns a tensor of the file, with a function that reads bytes of it. */
  const found = ({ name }: TensorInfo) => {
    const entry = byName.get(name);
    if (entry === undefined)
      throw new InputError(`${file}: expected a tensor of the file, got ${brief(name)}`);
    const readInside: ReadAt = async (position, length, memory) => {
      const bytes = await readAt(start + entry.begin + position, length, memory);
      if (bytes.length === length) return bytes;
      throw new InputError(`${file}: expected ${size} bytes, the file was cut while it was read`);
    };
    return { ...entry, readInside };
  };
  return {
    format: 'safetensors',
    entries: byName,
    metadata: new Map(metadata),
    async read(wanted) {
      const { dtype, shape, begin, end, readInside } = found(wanted);
      const bytes = await readInside(0, end - begin);
      return { dtype, shape, data: DTYPES[dtype].read(bytes.buffer) };
    },
    async readParts(wanted, use) {
      const { dtype, shape, readInside } = found(wanted);
      await readParts(dtype, numElements(shape), readInside, use);
    },
  };
}
