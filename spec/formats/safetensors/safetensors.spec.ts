import fc from 'fast-check';
import { InputError } from '../../../lib/errors.ts';
import { inputError } from '../../support/inputError.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsTensor,
} from '../../../formats/safetensors/safetensors.ts';

const text = (string: string) => [...new TextEncoder().encode(string)];

/** A safetensors file with this header and these bytes of values. */
function file(header: unknown, values: number[] = []): Uint8Array {
  const json = text(typeof header === 'string' ? header : JSON.stringify(header));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, json.length, true);
  return Uint8Array.from([...length, ...json, ...values]);
}

const tensor = (dtype: unknown, shape: unknown, ...data_offsets: unknown[]) => ({
  dtype,
  shape,
  data_offsets,
});
const bytesOf = (count: number) => Array.from({ length: count }, (_, i) => i);
const expectError = (bytes: Uint8Array, message: string) =>
  expect(() => decodeSafetensors(bytes, 'f')).toThrow(inputError(message));

describe('encodeSafetensors', () => {
  it('writes the bytes of the format: length, padded header, values', () => {
    const bytes = encodeSafetensors(
      {
        b: { dtype: 'U8', shape: [], data: Uint8Array.of(7) },
        a: { dtype: 'F32', shape: [2, 1], data: Float32Array.of(1, -2) },
      },
      { z: 'é', k: 'v' },
    );
    const json =
      '{"__metadata__":{"k":"v","z":"é"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},' +
      '"b":{"dtype":"U8","shape":[],"data_offsets":[8,9]}}';
    const padded = text(json);
    while (padded.length % 8 > 0) padded.push(0x20);
    expect([...bytes]).toEqual([
      padded.length,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      ...padded,
      0,
      0,
      0x80,
      0x3f,
      0,
      0,
      0,
      0xc0,
      7,
    ]);
  });

  it('gives the same bytes in any order, the widest type first', () => {
    const a: SafetensorsTensor = { dtype: 'I8', shape: [1], data: Int8Array.of(1) };
    const b: SafetensorsTensor = { dtype: 'F64', shape: [1], data: Float64Array.of(1) };
    const c: SafetensorsTensor = { dtype: 'I8', shape: [1], data: Int8Array.of(2) };
    const bytes = encodeSafetensors({ a, b, c }, { x: '1', y: '2' });
    expect(encodeSafetensors({ c, b, a }, { y: '2', x: '1' })).toEqual(bytes);
    expect([...bytes.subarray(-10)]).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 1, 2]);
  });

  it('writes a view of a larger buffer', () => {
    const data = Float32Array.of(1, 2, 3).subarray(1, 2);
    const { tensors } = decodeSafetensors(
      encodeSafetensors({ a: { dtype: 'F32', shape: [1], data } }),
      'f',
    );
    expect(tensors.a.data).toEqual(Float32Array.of(2));
  });

  it.each([
    [
      'another count',
      { dtype: 'F32', shape: [2, 3], data: new Float32Array(5) },
      'expected a Float32Array of 6 values for F32 [2, 3], got a Float32Array of 5',
    ],
    [
      'another array',
      { dtype: 'F32', shape: [2], data: new Float64Array(2) },
      'expected a Float32Array of 2 values for F32 [2], got a Float64Array of 2',
    ],
    [
      'a bad shape',
      { dtype: 'I8', shape: [-1], data: new Int8Array(0) },
      'expected a shape of integers of at least 0, got [-1]',
    ],
    [
      'half precision',
      { dtype: 'F16', shape: [1], data: new Float32Array(1) },
      'expected a type that can be written, got F16',
    ],
  ] as [string, SafetensorsTensor, string][])('refuses %s', (_, bad, problem) => {
    expect(() => encodeSafetensors({ w: bad })).toThrow(
      inputError(`encodeSafetensors: tensor "w": ${problem}`),
    );
  });

  it('refuses the name of the metadata, and metadata that are not text', () => {
    const data = Uint8Array.of(1);
    expect(() => encodeSafetensors({ __metadata__: { dtype: 'U8', shape: [], data } })).toThrow(
      inputError(
        'encodeSafetensors: tensor "__metadata__": expected another name, because this one is for the metadata',
      ),
    );
    const metadata = JSON.parse('{"epoch":3}') as Record<string, string>;
    expect(() => encodeSafetensors({}, metadata)).toThrow(
      inputError('encodeSafetensors: metadata "epoch": expected a string, got 3'),
    );
  });
});

describe('decodeSafetensors', () => {
  it.each([
    ['F64', [0, 0, 0, 0, 0, 0, 0xf8, 0x3f], Float64Array.of(1.5)],
    ['F32', [0, 0, 0xc0, 0x3f], Float32Array.of(1.5)],
    ['I64', [0xfe, 255, 255, 255, 255, 255, 255, 255], BigInt64Array.of(-2n)],
    ['I32', [0xfe, 255, 255, 255], Int32Array.of(-2)],
    ['I16', [0xfe, 255], Int16Array.of(-2)],
    ['I8', [0xfe], Int8Array.of(-2)],
    ['U8', [0xfe], Uint8Array.of(254)],
    ['BOOL', [1], Uint8Array.of(1)],
    ['BF16', [0x40, 0xc0, 0x80, 0x7f], Float32Array.of(-3, Infinity)],
    [
      'F16',
      [0, 0x3e, 0, 0xc1, 1, 0, 0xff, 3, 0, 4, 0xff, 0x7b, 0, 0xfc, 1, 0x7c, 0, 0x80],
      Float32Array.of(1.5, -2.5, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 65504, -Infinity, NaN, -0),
    ],
  ])('reads %s at any alignment', (dtype, values, data) => {
    const bytes = file(
      { a: tensor('U8', [1], 0, 1), w: tensor(dtype, [data.length], 1, 1 + values.length) },
      [9, ...values],
    );
    expect(decodeSafetensors(bytes, 'f').tensors.w).toEqual({ dtype, shape: [data.length], data });
  });

  it('reads a header with spaces, unknown fields and tensors out of order, and empty tensors', () => {
    const json =
      ' {"b": {"dtype":"U8","shape":[1],"data_offsets":[1,2],"note":[]}, "e":{"dtype":"F32","shape":[0,3],' +
      '"data_offsets":[1,1]}, "a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}} \n';
    const { tensors, metadata } = decodeSafetensors(file(json, [5, 6]), 'f');
    expect(tensors.a).toEqual({ dtype: 'U8', shape: [], data: Uint8Array.of(5) });
    expect(tensors.b).toEqual({ dtype: 'U8', shape: [1], data: Uint8Array.of(6) });
    expect(tensors.e).toEqual({ dtype: 'F32', shape: [0, 3], data: new Float32Array(0) });
    expect({ ...metadata }).toEqual({});
  });

  it('accepts __proto__ as a tensor name', () => {
    const json =
      '{"__metadata__":{"__proto__":"m"},"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}';
    const { tensors, metadata } = decodeSafetensors(file(json, [5]), 'f');
    expect(Object.keys(tensors)).toEqual(['__proto__']);
    expect(Object.entries(metadata)).toEqual([['__proto__', 'm']]);
    expect('toString' in tensors).toBe(false);
    const again = decodeSafetensors(encodeSafetensors(tensors, metadata), 'f');
    expect(Object.entries(again.tensors)).toEqual(Object.entries(tensors));
    expect(Object.entries(again.metadata)).toEqual(Object.entries(metadata));
  });

  it('shares no memory with the file', () => {
    const bytes = file({ w: tensor('U8', [1], 0, 1) }, [5]);
    const { tensors } = decodeSafetensors(bytes, 'f');
    bytes.fill(0);
    expect(tensors.w.data).toEqual(Uint8Array.of(5));
  });

  it('refuses a file that is too short for its header', () => {
    expectError(new Uint8Array(7), 'f: expected at least 8 bytes, the file ends after 7');
    expectError(
      file('{}').subarray(0, 9),
      'f: expected a header of 2 bytes, the file ends after 9',
    );
    expectError(
      Uint8Array.of(0, 0xe1, 0xf5, 5, 0, 0, 0, 0),
      'f: expected a header of 100000000 bytes, the file ends after 8',
    );
    expectError(
      Uint8Array.of(1, 0xe1, 0xf5, 5, 0, 0, 0, 0),
      'f: expected a header of at most 100000000 bytes, got 100000001: this is not a safetensors file',
    );
    expectError(
      new Uint8Array(9).fill(255),
      'f: expected a header of at most 100000000 bytes, got 18446744073709551615: this is not a safetensors file',
    );
  });

  it.each([
    ['', 'f: header: expected JSON, got ""'],
    ['{"a"\n', 'f: header: expected JSON, got "{\\"a\\"\\n"'],
    ['\ufeff{}', 'f: header: expected JSON, got "\ufeff{}"'],
    ['[]', 'f: header: expected a JSON object, got []'],
    ['null', 'f: header: expected a JSON object, got null'],
    ['7', 'f: header: expected a JSON object, got 7'],
    ['{"a":1,"a":2}', 'f: header: expected each name once, got "a" twice'],
    ['{"a":{"shape":[],"shape":[]}}', 'f: header: expected each name once, got "shape" twice'],
    ['{"__metadata__":[]}', 'f: __metadata__: expected an object of strings, got []'],
    ['{"__metadata__":{"a":"b","n":null}}', 'f: __metadata__ "n": expected a string, got null'],
    ['{"w":3}', 'f: tensor "w": expected an object, got 3'],
    ['{"a\\nb":[]}', 'f: tensor "a\\nb": expected an object, got []'],
  ])('refuses the header %j', (header, message) => expectError(file(header), message));

  it('refuses a header that is not UTF-8', () => {
    const bytes = file('{"w":3}');
    bytes[10] = 0xff;
    expectError(bytes, 'f: header: expected UTF-8, got other bytes');
  });

  const dtypes = 'expected a dtype of F64, F32, I64, I32, I16, I8, U8, BOOL, F16, BF16';
  const shapes = 'expected a shape of integers of at least 0 with a product below 2^53';
  const offsets = 'expected data_offsets of two integers, begin <= end';
  it.each([
    ['an unknown dtype', tensor('F8', [1], 0, 1), `${dtypes}, got "F8"`],
    ['an inherited dtype', tensor('toString', [1], 0, 1), `${dtypes}, got "toString"`],
    ['no dtype', tensor(undefined, [1], 0, 1), `${dtypes}, got undefined`],
    ['a deep dtype', tensor([[[1]], {}, 'x'], [1], 0, 1), `${dtypes}, got [array, an object, "x"]`],
    ['a negative size', tensor('U8', [2, -1], 0, 1), `${shapes}, got [2, -1]`],
    ['a fraction', tensor('U8', [1.5], 0, 1), `${shapes}, got [1.5]`],
    ['a size as text', tensor('U8', ['1'], 0, 1), `${shapes}, got ["1"]`],
    ['no shape', tensor('U8', undefined, 0, 1), `${shapes}, got undefined`],
    ['overflow', tensor('U8', [2 ** 30, 2 ** 30], 0, 1), `${shapes}, got [1073741824, 1073741824]`],
    ['one offset', tensor('U8', [1], 0), `${offsets}, got [0]`],
    ['three offsets', tensor('U8', [1], 0, 1, 2), `${offsets}, got [0, 1, 2]`],
    ['a fractional offset', tensor('U8', [1], 0, 1.5), `${offsets}, got [0, 1.5]`],
    ['a negative offset', tensor('U8', [1], -1, 0), `${offsets}, got [-1, 0]`],
    ['begin after end', tensor('U8', [1], 1, 0), `${offsets}, got [1, 0]`],
    [
      'too few bytes',
      tensor('F32', [2, 3], 0, 20),
      'expected 24 bytes for F32 [2, 3], got data_offsets [0, 20]',
    ],
    [
      'too many bytes',
      tensor('U8', [], 0, 2),
      'expected 1 bytes for U8 [], got data_offsets [0, 2]',
    ],
    ['a start that is not 0', tensor('U8', [1], 1, 2), 'data_offsets [1, 2]: a hole starts at 0'],
  ])('refuses a tensor with %s', (_, entry, problem) => {
    expectError(file({ w: entry }, [0, 0]), `f: tensor "w": ${problem}`);
  });

  it('refuses tensors that overlap, leave holes, or do not end where the file does', () => {
    const two = (begin: number) => ({
      b: tensor('U8', [2], begin, begin + 2),
      a: tensor('U8', [2], 0, 2),
    });
    expectError(
      file(two(1), bytesOf(3)),
      'f: tensor "b": data_offsets [1, 3]: the tensor before it ends at 2',
    );
    expectError(
      file(two(0), bytesOf(2)),
      'f: tensor "a": data_offsets [0, 2]: the tensor before it ends at 2',
    );
    expectError(file(two(3), bytesOf(5)), 'f: tensor "b": data_offsets [3, 5]: a hole starts at 2');
    const size = file(two(2)).length;
    expectError(
      file(two(2), bytesOf(3)),
      `f: expected ${size + 4} bytes, the file ends after ${size + 3}`,
    );
    expectError(
      file(two(2), bytesOf(5)),
      `f: expected ${size + 4} bytes, the file ends after ${size + 5}`,
    );
  });

  it('gives a short one-line error for any file', () => {
    const deep = `{"${'n'.repeat(1e6)}":{"dtype":${'['.repeat(1e5)}${']'.repeat(1e5)}}}`;
    expectError(file(deep), `f: tensor "${'n'.repeat(60)}"...: ${dtypes}, got [array]`);
    const long = file({ w: tensor('U8', Array(1e5).fill(-1), 0, 1) });
    expectError(long, `f: tensor "w": ${shapes}, got [-1, -1, -1, -1, -1, -1, -1, -1, ...]`);
  });
});

describe('safetensors, for any tensors', () => {
  const shape = fc.array(fc.nat(3), { maxLength: 3 });
  const count = (sizes: number[]) => sizes.reduce((a, b) => a * b, 1);
  const anyTensor = fc
    .tuple(shape, fc.infiniteStream(fc.double()), fc.nat(4))
    .map(([sizes, stream, kind]) => {
      const values = [...stream.take(count(sizes))];
      if (kind === 0)
        return { dtype: 'F32', shape: sizes, data: Float32Array.from(values) } as const;
      if (kind === 1)
        return { dtype: 'F64', shape: sizes, data: Float64Array.from(values) } as const;
      if (kind === 2) return { dtype: 'I16', shape: sizes, data: Int16Array.from(values) } as const;
      if (kind === 3) return { dtype: 'U8', shape: sizes, data: Uint8Array.from(values) } as const;
      const data = BigInt64Array.from(values, (value) => (value > 0 ? 2n ** 62n : -1n));
      return { dtype: 'I64', shape: sizes, data } as const;
    });
  const name = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('__proto__', '7', 'a.b', 'toString'),
  );
  const tensors = fc
    .array(fc.tuple(name, anyTensor), { maxLength: 5 })
    .map((entries): Record<string, SafetensorsTensor> => Object.fromEntries(entries));
  const metadata = fc.dictionary(name, fc.string({ unit: 'binary' }), { maxKeys: 3 });

  it('decodes what was encoded', () => {
    fc.assert(
      fc.property(tensors, metadata, (given, notes) => {
        const bytes = encodeSafetensors(given, notes);
        const decoded = decodeSafetensors(bytes, 'f');
        expect(new Map(Object.entries(decoded.tensors))).toEqual(new Map(Object.entries(given)));
        expect(new Map(Object.entries(decoded.metadata))).toEqual(new Map(Object.entries(notes)));
        expect(encodeSafetensors(decoded.tensors, decoded.metadata)).toEqual(bytes);
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  it('decodes a damaged file or throws an InputError of one line', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(2)), {
      minLength: 1,
      maxLength: 4,
    });
    const outcomes = { decoded: 0, refused: 0 };
    fc.assert(
      fc.property(tensors, metadata, damage, (given, notes, edits) => {
        const bytes = [...encodeSafetensors(given, notes)];
        for (const [position, value, kind] of edits) {
          // Half of the edits are in the first 60 bytes, because damage to the header has the
          // largest effect.
          const at = position % (position % 2 ? Math.min(bytes.length, 60) : bytes.length);
          if (kind === 0) bytes[at] = value;
          else if (kind === 1) bytes.splice(at, 1);
          else bytes[at] = '{}[]:,"\\0123'.charCodeAt(value % 12);
          if (bytes.length === 0) break;
        }
        try {
          decodeSafetensors(Uint8Array.from(bytes), 'f');
          outcomes.decoded++;
        } catch (error) {
          outcomes.refused++;
          expect(error).toBeInstanceOf(InputError);
          expect(String(error)).not.toContain('\n');
        }
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(outcomes.decoded).toBeGreaterThan(20);
    expect(outcomes.refused).toBeGreaterThan(20);
  });
});
