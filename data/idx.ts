import { InputError, show } from '../lib/errors.ts';

/** The values of an IDX file, in a typed array of the file's type. */
export type IdxData =
  Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** The content of an IDX file. */
export interface IdxArray {
  /** The sizes of the axes, slowest axis first: `[60000, 28, 28]`. Each is at least 1. */
  readonly shape: number[];
  /** The values, in row-major order. They share no memory with the bytes of the file. */
  readonly data: IdxData;
}

interface Type {
  readonly bytes: number;
  readonly read: (view: DataView, count: number) => IdxData;
}

const TYPES = new Map<number, Type>([
  [
    0x08,
    {
      bytes: 1,
      read: (view, n) => new Uint8Array(view.buffer.slice(view.byteOffset, view.byteOffset + n)),
    },
  ],
  [0x09, { bytes: 1, read: (view, n) => fill(new Int8Array(n), (i) => view.getInt8(i)) }],
  [0x0b, { bytes: 2, read: (view, n) => fill(new Int16Array(n), (i) => view.getInt16(2 * i)) }],
  [0x0c, { bytes: 4, read: (view, n) => fill(new Int32Array(n), (i) => view.getInt32(4 * i)) }],
  [0x0d, { bytes: 4, read: (view, n) => fill(new Float32Array(n), (i) => view.getFloat32(4 * i)) }],
  [0x0e, { bytes: 8, read: (view, n) => fill(new Float64Array(n), (i) => view.getFloat64(8 * i)) }],
]);

function fill<T extends IdxData>(data: T, value: (i: number) => number): T {
  for (let i = 0; i < data.length; i++) data[i] = value(i);
  return data;
}

/**
 * Parses IDX, the format of MNIST's files: two zero bytes, a type byte, a rank byte, `rank` sizes
 * (unsigned, 32 bits), and then the values in row-major order. Every value is big-endian. The
 * header is checked against the length of the file before anything is allocated.
 *
 * Errors: `train-images-idx3-ubyte: byte 3: expected a rank of at least 1, got 0`.
 * Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", file formats.
 * @param name the name of the file, for messages.
 *
 *     const { shape, data } = parseIdx(await readFile(file), file);
 *     shape; // [60000, 28, 28]
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  const { shape, type, start, count, end } = parseIdxHeader(bytes, name);
  const { length } = bytes;
  if (length < end) {
    throw failure(
      name,
      length,
      `expected ${end} bytes for shape ${show(shape)}, the file ends after ${length}`,
    );
  }
  if (length > end) {
    throw failure(
      name,
      end,
      `expected the end of the file for shape ${show(shape)}, ${length - end} more bytes follow`,
    );
  }
  return { shape, data: type.read(new DataView(bytes.buffer, bytes.byteOffset + start), count) };
}

/** The header of an IDX file. */
interface IdxHeader {
  readonly shape: number[];
  readonly type: Type;
  /** The index of the byte at which the values start. */
  readonly start: number;
  /** The number of values. */
  readonly count: number;
  /** The number of bytes of the whole file. */
  readonly end: number;
}

/**
 * Parses the header, of at most 1024 bytes. Errors: those of `parseIdx` except for a wrong length.
 */
export function parseIdxHeader(bytes: Uint8Array, name: string): IdxHeader {
  const fail = (byte: number, problem: string) => failure(name, byte, problem);
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);

  if (length === 0) throw fail(0, 'expected an IDX file, the file is empty');
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    throw fail(0, 'expected an IDX file, got gzip data (0x1f 0x8b): gunzip the file first');
  }
  if (length < 4)
    throw fail(length, `expected a header of at least 4 bytes, the file ends after ${length}`);
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    throw fail(0, `expected two zero bytes, got ${hex(bytes[0])} ${hex(bytes[1])}`);
  }
  const type = TYPES.get(bytes[2]);
  if (!type) {
    throw fail(
      2,
      `expected an IDX type of 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e, got ${hex(bytes[2])}`,
    );
  }
  const rank = bytes[3];
  if (rank === 0) throw fail(3, 'expected a rank of at least 1, got 0');
  const header = 4 + 4 * rank;
  if (length < header) {
    throw fail(
      length,
      `expected a header of ${header} bytes for rank ${rank}, the file ends after ${length}`,
    );
  }

  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  let count = 1;
  for (const [axis, size] of shape.entries()) {
    if (size === 0) throw fail(4 + 4 * axis, 'expected a size of at least 1, got 0');
    count *= size;
    if (!Number.isSafeInteger(header + count * type.bytes)) {
      throw fail(4 + 4 * axis, `expected fewer than 2^53 bytes, got sizes ${show(shape)}`);
    }
  }
  return { shape, type, start: header, count, end: header + count * type.bytes };
}

function failure(name: string, byte: number, problem: string): InputError {
  return new InputError(`${name}: byte ${byte}: ${problem}`);
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
