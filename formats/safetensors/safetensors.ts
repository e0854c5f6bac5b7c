import { InputError } from '../../lib/errors.ts';
import { type Dtype, DTYPES, type SafetensorsData } from './dtypes.ts';
import { checkSafetensors, SNIFFED_BYTES } from './foreignFile.ts';
import {
  brief,
  countElements,
  headerLength,
  LENGTH_BYTES,
  parseHeader,
} from './safetensorsHeader.ts';

/**
 * A tensor of a safetensors file. The format: the length of the header (unsigned, 64 bits,
 * little-endian), the header as JSON,
 *
 *     { "__metadata__": { key: text },
 *       name: { "dtype", "shape", "data_offsets": [begin, end] }, ... }
 *
 * with offsets from the end of the header, then the values of all tensors without gaps.
 *
 * Source: https://github.com/huggingface/safetensors, README, "Format".
 */
export interface SafetensorsTensor {
  /** The dtype. F16 and BF16 can only be read, into a `Float32Array`. */
  readonly dtype: Dtype;
  /** The sizes of the axes, each at least 0; `[]` is the shape of a scalar. */
  readonly shape: readonly number[];
  /**
   * The values: a `Float32Array` for F32, a `BigInt64Array` for I64, a `Uint8Array` for BOOL, and
   * so on.
   */
  readonly data: SafetensorsData;
}

/** The content of a safetensors file. */
export interface Safetensors {
  /** The tensors by name. The object has no prototype, so any name can safely be looked up. */
  readonly tensors: Record<string, SafetensorsTensor>;
  readonly metadata: Record<string, string>;
}

/** The part of a tensor that is stored in the header. */
export type SafetensorsInfo = Omit<SafetensorsTensor, 'data'>;

/**
 * Encodes a safetensors file. The bytes do not depend on the order of `tensors`. Tensors with wider
 * dtypes come first, so that all values are aligned; tensors of the same width are sorted by name.
 * Spaces pad the header to a multiple of 8 bytes.
 *
 * Errors: a tensor whose data does not match its dtype and shape; a tensor or metadata that cannot
 *         be written.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, SafetensorsTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  for (const [name, tensor] of Object.entries(tensors)) checkData(name, tensor);
  const { head, names, size } = layOut(tensors, metadata);
  const bytes = new Uint8Array(head.length + size);
  bytes.set(head);
  let offset = head.length;
  for (const name of names) {
    const { data } = tensors[name];
    bytes.set(bytesOf(data), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/**
 * Encodes the head of a file, which is everything before the values. `names` is the order of the
 * values, and `size` is their total size in bytes.
 */
export function layOut(
  tensors: Readonly<Record<string, SafetensorsInfo>>,
  metadata: Readonly<Record<string, string>>,
): { head: Uint8Array; names: string[]; size: number } {
  const sorted = Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) =>
      DTYPES[b.dtype].bytes - DTYPES[a.dtype].bytes || byText(nameA, nameB),
  );
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(['__metadata__', sortedMetadata(metadata)]);
  let size = 0;
  for (const [name, { dtype, shape }] of sorted) {
    const begin = size;
    size += checkInfo(name, { dtype, shape }) * DTYPES[dtype].bytes;
    entries.push([name, { dtype, shape, data_offsets: [begin, size] }]);
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const head = new Uint8Array(LENGTH_BYTES + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - LENGTH_BYTES), true);
  head.set(json, LENGTH_BYTES);
  return { head, names: sorted.map(([name]) => name), size };
}

/** Returns the bytes of values in the form in which they are stored in a file. */
export function bytesOf(data: SafetensorsData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Decodes a safetensors file into new memory. Nothing in the file is trusted: the whole header is
 * checked before anything is allocated, and at most twice the size of the file is allocated.
 *
 * Errors: an invalid file. The message names the file, and the tensor if there is one:
 *
 *     model.safetensors: tensor "w": expected 24 bytes for F32 [2, 3], got data_offsets [0, 20]
 *
 * @param name the name of the file, for error messages.
 */
export function decodeSafetensors(bytes: Uint8Array, name: string): Safetensors {
  checkSafetensors(bytes.subarray(0, SNIFFED_BYTES), name);
  const length = headerLength(bytes, bytes.length, name);
  const header = bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
  const { entries, metadata, start } = parseHeader(header, bytes.length, name);
  const tensors = bareObject<SafetensorsTensor>();
  for (const { name: tensorName, dtype, shape, begin, end } of entries) {
    const copy = new Uint8Array(end - begin);
    copy.set(bytes.subarray(start + begin, start + end));
    tensors[tensorName] = { dtype, shape, data: DTYPES[dtype].read(copy.buffer) };
  }
  const texts = bareObject<string>();
  for (const [key, text] of metadata) texts[key] = text;
  return { tensors, metadata: texts };
}

function bareObject<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

/** Returns the number of values of a tensor. Throws if the tensor cannot be written. */
function checkInfo(name: string, { dtype, shape }: SafetensorsInfo): number {
  const fail = (problem: string) =>
    new InputError(`encodeSafetensors: tensor ${brief(name)}: ${problem}`);
  if (name === '__metadata__')
    throw fail('expected another name, because this one is for the metadata');
  if (DTYPES[dtype].array === undefined)
    throw fail(`expected a type that can be written, got ${dtype}`);
  const count = countElements(shape);
  if (count === undefined)
    throw fail(`expected a shape of integers of at least 0, got ${brief(shape)}`);
  return count;
}

function checkData(name: string, { dtype, shape, data }: SafetensorsTensor): void {
  const count = checkInfo(name, { dtype, shape });
  const kind = data[Symbol.toStringTag];
  const { array } = DTYPES[dtype];
  if (kind !== array || data.length !== count) {
    throw new InputError(
      `encodeSafetensors: tensor ${brief(name)}: expected a ${array} of ${count} values for ${dtype} ` +
        `${brief(shape)}, got a ${kind} of ${data.length}`,
    );
  }
}

function sortedMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value === 'string') continue;
    throw new InputError(
      `encodeSafetensors: metadata ${brief(key)}: expected a string, got ${brief(value)}`,
    );
  }
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => byText(a, b)));
}

/**
 * Compares strings by code unit and not by locale, so that the order is the same on every machine.
 */
function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
