import { show, type InputError } from '../../lib/errors.ts';
import { numElements } from '../../lib/shapes.ts';
import { DTYPES, type Dtype } from '../safetensors/dtypes.ts';
import { readParts } from '../parts.ts';
import type { ReadAt, UsePart } from '../tensorFile.ts';
import type { Field, Messages } from './messages.ts';

/** Reads the values of a tensor, in row-major order. They are not cached. */
export interface ReadValues {
  (): Promise<ArrayLike<number>>;
  /** Reads floats in parts, so that only some of them are in memory. */
  readonly inParts?: (use: UsePart<ArrayLike<number>>) => Promise<void>;
}

/** A tensor of an ONNX file. Its values are read when they are needed. */
export interface FileTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly isInteger: boolean;
  readonly values: ReadValues;
}

/** Opens a file of external data, and returns its size and a function that reads parts of it. */
export type OpenExternal = (
  location: string,
) => Promise<{ readonly size: number; readonly readAt: ReadAt }>;

/** A dtype of ONNX: its name in safetensors, and the number of the field with its values. */
interface Kind {
  readonly dtype: Dtype;
  readonly field: number;
}

const FLOATS = 4;
const INTEGERS = 5;
const LONGS = 7;
const RAW = 9;
const DOUBLES = 10;

/** The dtypes by their code in TensorProto.DataType. */
const KINDS: Readonly<Partial<Record<number, Kind>>> = {
  1: { dtype: 'F32', field: FLOATS },
  2: { dtype: 'U8', field: INTEGERS },
  3: { dtype: 'I8', field: INTEGERS },
  5: { dtype: 'I16', field: INTEGERS },
  6: { dtype: 'I32', field: INTEGERS },
  7: { dtype: 'I64', field: LONGS },
  9: { dtype: 'BOOL', field: INTEGERS },
  10: { dtype: 'F16', field: INTEGERS },
  11: { dtype: 'F64', field: DOUBLES },
  16: { dtype: 'BF16', field: INTEGERS },
};

/**
 * Reads the description of a tensor: TensorProto of onnx.proto3. The size that its dims declare is
 * compared with the bytes that are there, so nothing is allocated for values that do not exist.
 *
 * Errors: dims that are not integers of at least 0; fewer or more values than the dims declare; a
 *         dtype that is not supported; texts; external data that cannot be opened or is too short.
 */
export async function readTensor(
  messages: Messages,
  field: Field,
  open: OpenExternal,
  failIn: (problem: string) => InputError,
  known?: string,
): Promise<FileTensor> {
  const fields = await messages.fields(field);
  const nameField = messages.last(fields, 8, 'bytes');
  const name = known ?? (nameField === undefined ? '' : await messages.text(nameField));
  const fail = (problem: string) => failIn(`tensor ${show(name)}: ${problem}`);
  const dims = await messages.numbers(fields, 1, 'varint');
  const count = numElements(dims);
  if (!dims.every((size) => size >= 0) || !Number.isSafeInteger(count))
    throw fail(`expected dims of integers of at least 0, got ${show(dims)}`);
  const code = messages.last(fields, 2, 'varint')?.value ?? 0;
  const kind = KINDS[code];
  if (kind === undefined) {
    const names = Object.values(KINDS).map((one) => one?.dtype ?? '');
    throw fail(`expected a dtype of ${names.join(', ')}, got the data type ${code} of ONNX`);
  }
  const { dtype } = kind;
  const tensor = { name, dims, isInteger: dtype.startsWith('I') || dtype.startsWith('U') };
  const needed = count * DTYPES[dtype].bytes;
  const declared = `${dtype} ${show(dims)}`;

  if ((messages.last(fields, 14, 'varint')?.value ?? 0) === 1) {
    const { location, offset, length } = await externalPlace(messages, fields, fail);
    const source = await open(location);
    if (length !== undefined && length !== needed)
      throw fail(`expected ${needed} bytes for ${declared}, got the length ${length}`);
    if (offset + needed > source.size) {
      throw fail(
        `expected ${needed} bytes at ${offset} of ${show(location)}, its size is ${source.size}`,
      );
    }
    return {
      ...tensor,
      values: stored(dtype, count, async (position, length, memory) => {
        const bytes = await source.readAt(offset + position, length, memory);
        if (bytes.length === length) return bytes;
        throw fail(`${show(location)} was cut while it was read`);
      }),
    };
  }
  const raw = messages.last(fields, RAW, 'bytes');
  if (raw !== undefined) {
    const there = raw.end - raw.start;
    if (there !== needed) throw fail(`expected ${needed} bytes for ${declared}, got ${there}`);
    const readAt: ReadAt = (position, length, memory) => {
      const start = raw.start + position;
      return messages.bytes({ start, end: start + length }, memory);
    };
    return { ...tensor, values: stored(dtype, count, readAt) };
  }
  const own = fields.filter(({ number }) => number === kind.field);
  const bytes = own.reduce((sum, { wire, start, end }) => {
    return sum + (wire === 'varint' ? 1 : end - start);
  }, 0);
  // The other kinds, half precision among them, are stored as varints of at least one byte.
  const least = { [FLOATS]: 4, [DOUBLES]: 8 }[kind.field] ?? 1;
  const isWhole = least === 1 ? bytes >= count : bytes === count * least;
  if (!isWhole) throw fail(`expected the values of ${declared}, got ${bytes} bytes`);
  return {
    ...tensor,
    async values() {
      const form = { [FLOATS]: 'float', [DOUBLES]: 'double' } as const;
      const numbers = await messages.numbers(
        own,
        kind.field,
        kind.field === FLOATS || kind.field === DOUBLES ? form[kind.field] : 'varint',
      );
      if (numbers.length !== count)
        throw fail(`expected ${count} values for ${declared}, got ${numbers.length}`);
      if (dtype === 'F16' || dtype === 'BF16')
        return numbersOf(dtype, new Uint8Array(Uint16Array.from(numbers).buffer));
      return numbers;
    },
  };
}

/**
 * Returns a function that reads values stored as bytes.
 *
 * @param readAt reads bytes of the tensor.
 */
function stored(dtype: Dtype, count: number, readAt: ReadAt): ReadValues {
  const values = async () => numbersOf(dtype, await readAt(0, count * DTYPES[dtype].bytes));
  const inParts = (use: UsePart<ArrayLike<number>>) =>
    readParts(dtype, count, readAt, (part, start) => {
      if (!(part instanceof BigInt64Array)) use(part, start);
    });
  return dtype === 'I64' ? values : Object.assign(values, { inParts });
}

/** Converts the bytes of a tensor to numbers. */
function numbersOf(dtype: Dtype, bytes: Uint8Array<ArrayBuffer>): ArrayLike<number> {
  const data = DTYPES[dtype].read(bytes.buffer);
  return data instanceof BigInt64Array ? Array.from(data, Number) : data;
}

/** Reads the place of external data: `location`, `offset` and `length`. */
async function externalPlace(
  messages: Messages,
  fields: readonly Field[],
  fail: (problem: string) => InputError,
) {
  const entries = new Map<string, string>();
  for (const entry of messages.all(fields, 13)) {
    const [key, value] = await textPair(messages, entry);
    entries.set(key, value);
  }
  const location = entries.get('location');
  if (location === undefined) throw fail('expected the location of its external data, got none');
  const whole = (key: string) => {
    const text = entries.get(key);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    throw fail(`expected the ${key} of its external data to be an integer, got ${show(text)}`);
  };
  return { location, offset: whole('offset') ?? 0, length: whole('length') };
}

/** Reads a StringStringEntryProto: a key and a value. */
export async function textPair(messages: Messages, entry: Field): Promise<[string, string]> {
  const fields = await messages.fields(entry);
  const text = async (number: number) => {
    const field = messages.last(fields, number, 'bytes');
    return field === undefined ? '' : messages.text(field);
  };
  return [await text(1), await text(2)];
}
