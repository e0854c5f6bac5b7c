import { InputError } from '../../lib/errors.ts';
import { isObject } from '../../lib/isObject.ts';
import { type Dtype, DTYPES, isDtype } from './dtypes.ts';
import { findDuplicateKey } from './duplicateKey.ts';

/**
 * The location of one tensor in a safetensors file: bytes `begin` to `end`, counted from the end of
 * the header.
 */
export interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** The checked header of a safetensors file. */
export interface Header {
  /** The tensors in the order of their bytes, which have no gaps. */
  readonly entries: Entry[];
  readonly metadata: [string, string][];
  /** The position of the first value in the file. */
  readonly start: number;
}

/** The largest size of the header in the reference implementation, in bytes. */
const MAX_HEADER = 100_000_000;

/** The number of bytes that store the length of the header. */
export const LENGTH_BYTES = 8;

/**
 * Returns the length of the header of a file of `size` bytes. `first` has the first 8 bytes of the
 * file, or fewer if the file is shorter.
 */
export function headerLength(first: Uint8Array, size: number, file: string): number {
  const fail = (problem: string) => new InputError(`${file}: ${problem}`);
  if (size < LENGTH_BYTES || first.length < LENGTH_BYTES) {
    throw fail(
      `expected at least ${LENGTH_BYTES} bytes, the file ends after ${Math.min(size, first.length)}`,
    );
  }
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER) {
    throw fail(
      `expected a header of at most ${MAX_HEADER} bytes, got ${length}: this is not a safetensors file`,
    );
  }
  if (LENGTH_BYTES + Number(length) > size) {
    throw fail(`expected a header of ${length} bytes, the file ends after ${size}`);
  }
  return Number(length);
}

/**
 * Parses and checks the header of a safetensors file of `size` bytes. Errors: those of
 * `decodeSafetensors`.
 */
export function parseHeader(bytes: Uint8Array, size: number, file: string): Header {
  const fail = (problem: string) => new InputError(`${file}: ${problem}`);
  const header = parseJson(bytes, file);
  const metadata: [string, string][] = [];
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata.push(...parseMetadata(value, file));
    else entries.push(parseEntry(name, value, file));
  }

  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== covered) {
      const problem = begin < covered ? 'the tensor before it ends at' : 'a hole starts at';
      throw fail(
        `tensor ${brief(name)}: data_offsets ${brief([begin, end])}: ${problem} ${covered}`,
      );
    }
    covered = end;
  }
  const start = LENGTH_BYTES + bytes.length;
  if (start + covered !== size) {
    throw fail(`expected ${start + covered} bytes, the file ends after ${size}`);
  }
  return { entries, metadata, start };
}

function parseJson(bytes: Uint8Array, file: string): object {
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new InputError(`${file}: header: expected UTF-8, got other bytes`);
  }
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw new InputError(`${file}: header: expected JSON, got ${brief(text)}`);
  }
  if (!isObject(header))
    throw new InputError(`${file}: header: expected a JSON object, got ${brief(header)}`);
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) {
    throw new InputError(`${file}: header: expected each name once, got ${brief(duplicate)} twice`);
  }
  return header;
}

function parseMetadata(value: unknown, file: string): [string, string][] {
  if (!isObject(value)) {
    throw new InputError(
      `${file}: __metadata__: expected an object of strings, got ${brief(value)}`,
    );
  }
  return Object.entries(value).map(([key, text]: [string, unknown]) => {
    if (typeof text === 'string') return [key, text];
    throw new InputError(
      `${file}: __metadata__ ${brief(key)}: expected a string, got ${brief(text)}`,
    );
  });
}

function parseEntry(name: string, value: unknown, file: string): Entry {
  const fail = (problem: string) => new InputError(`${file}: tensor ${brief(name)}: ${problem}`);
  if (!isObject(value)) throw fail(`expected an object, got ${brief(value)}`);
  const { dtype, shape, data_offsets: offsets }: Record<string, unknown> = { ...value };
  if (!isDtype(dtype)) {
    throw fail(`expected a dtype of ${Object.keys(DTYPES).join(', ')}, got ${brief(dtype)}`);
  }
  const count = countElements(shape);
  if (!isIntegers(shape) || count === undefined) {
    throw fail(
      `expected a shape of integers of at least 0 with a product below 2^53, got ${brief(shape)}`,
    );
  }
  if (!isIntegers(offsets) || offsets.length !== 2 || offsets[0] > offsets[1]) {
    throw fail(`expected data_offsets of two integers, begin <= end, got ${brief(offsets)}`);
  }
  const [begin, end] = offsets;
  const size = count * DTYPES[dtype].bytes;
  if (end - begin !== size) {
    throw fail(
      `expected ${size} bytes for ${dtype} ${brief(shape)}, got data_offsets ${brief(offsets)}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/**
 * Returns the number of values of a shape, or undefined if the shape is invalid or the number
 * reaches 2^53.
 */
export function countElements(shape: unknown): number | undefined {
  if (!isIntegers(shape)) return undefined;
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

function isIntegers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

/** Formats an untrusted value of any size and depth on one short line. */
export function brief(value: unknown): string {
  if (typeof value === 'string')
    return value.length > 60 ? `${JSON.stringify(value.slice(0, 60))}...` : JSON.stringify(value);
  if (Array.isArray(value)) {
    const items = value
      .slice(0, 8)
      .map((item: unknown) => (Array.isArray(item) ? 'array' : brief(item)));
    return `[${items.join(', ')}${value.length > 8 ? ', ...' : ''}]`;
  }
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
