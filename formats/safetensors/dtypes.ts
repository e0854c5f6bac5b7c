/**
 * The values of a tensor, in the typed array of its dtype. Files are little-endian, as is every
 * machine that runs tfjs.
 */
export type SafetensorsData =
  Float64Array | Float32Array | BigInt64Array | Int32Array | Int16Array | Int8Array | Uint8Array;

interface DtypeInfo {
  readonly bytes: number;
  /** Converts a buffer that contains exactly the values of one tensor. */
  readonly read: (buffer: ArrayBuffer) => SafetensorsData;
  /** The name of the typed array that is written; undefined for a dtype that can only be read. */
  readonly array?: string;
}

const table = {
  F64: { bytes: 8, array: 'Float64Array', read: (buffer: ArrayBuffer) => new Float64Array(buffer) },
  F32: { bytes: 4, array: 'Float32Array', read: (buffer: ArrayBuffer) => new Float32Array(buffer) },
  I64: {
    bytes: 8,
    array: 'BigInt64Array',
    read: (buffer: ArrayBuffer) => new BigInt64Array(buffer),
  },
  I32: { bytes: 4, array: 'Int32Array', read: (buffer: ArrayBuffer) => new Int32Array(buffer) },
  I16: { bytes: 2, array: 'Int16Array', read: (buffer: ArrayBuffer) => new Int16Array(buffer) },
  I8: { bytes: 1, array: 'Int8Array', read: (buffer: ArrayBuffer) => new Int8Array(buffer) },
  U8: { bytes: 1, array: 'Uint8Array', read: (buffer: ArrayBuffer) => new Uint8Array(buffer) },
  BOOL: { bytes: 1, array: 'Uint8Array', read: (buffer: ArrayBuffer) => new Uint8Array(buffer) },
  F16: {
    bytes: 2,
    read: (buffer: ArrayBuffer) => Float32Array.from(new Uint16Array(buffer), fromHalf),
  },
  BF16: { bytes: 2, read: fromBfloat16 },
} satisfies Record<string, DtypeInfo>;

/** The name of a dtype: `'F32'`, `'I64'`, ... */
export type Dtype = keyof typeof table;

/** The dtypes by name. */
export const DTYPES: Readonly<Record<Dtype, DtypeInfo>> = table;

/** Returns whether a value is the name of a dtype. */
export function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(DTYPES, value);
}

/**
 * Converts an IEEE 754 binary16 number: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits.
 */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Converts bfloat16 values. A bfloat16 is the upper half of a float32. */
function fromBfloat16(buffer: ArrayBuffer): Float32Array {
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
}
