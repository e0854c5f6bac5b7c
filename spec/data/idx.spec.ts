import fc from 'fast-check';
import { parseIdx } from '../../data/idx.ts';
import { InputError } from '../../lib/errors.ts';
import { inputError } from '../support/inputError.ts';

const u32 = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const parse = (...bytes: number[]) => parseIdx(Uint8Array.from(bytes), 'f');
const header = (type: number, ...shape: number[]) => [
  0,
  0,
  type,
  shape.length,
  ...shape.flatMap(u32),
];

describe('parseIdx', () => {
  it.each([
    [0x08, [1, 255], Uint8Array.of(1, 255)],
    [0x09, [1, 255], Int8Array.of(1, -1)],
    [0x0b, [1, 2, 255, 254], Int16Array.of(258, -2)],
    [0x0c, [1, 2, 3, 4, 255, 255, 255, 254], Int32Array.of(16909060, -2)],
    [0x0d, [0x3f, 0xc0, 0, 0, 0xc0, 0x20, 0, 0], Float32Array.of(1.5, -2.5)],
    [0x0e, [0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 4, 0, 0, 0, 0, 0, 0], Float64Array.of(1.5, -2.5)],
  ])('reads big-endian values of type %i', (type, values, data) => {
    expect(parse(...header(type, 2), ...values)).toEqual({ shape: [2], data });
  });

  it('reads the shape, the slowest axis first, and copies the values', () => {
    const bytes = Uint8Array.from([9, 9, 9, ...header(0x08, 1, 3, 2), 1, 2, 3, 4, 5, 6]);
    const { shape, data } = parseIdx(bytes.subarray(3), 'f');
    expect(shape).toEqual([1, 3, 2]);
    bytes.fill(0);
    expect(data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
  });

  it.each([
    ['empty', [], 'f: byte 0: expected an IDX file, the file is empty'],
    [
      'gzip',
      [0x1f, 0x8b],
      'f: byte 0: expected an IDX file, got gzip data (0x1f 0x8b): gunzip the file first',
    ],
    ['short', [0, 0, 8], 'f: byte 3: expected a header of at least 4 bytes, the file ends after 3'],
    ['magic', [0, 1, 8, 1], 'f: byte 0: expected two zero bytes, got 0x00 0x01'],
    ['magic', [0x50, 0, 8, 1], 'f: byte 0: expected two zero bytes, got 0x50 0x00'],
    [
      'type',
      header(0x07, 1),
      'f: byte 2: expected an IDX type of 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e, got 0x07',
    ],
    ['rank', [0, 0, 8, 0], 'f: byte 3: expected a rank of at least 1, got 0'],
    [
      'sizes',
      [0, 0, 8, 2, 0, 0, 0, 1, 0, 0],
      'f: byte 10: expected a header of 12 bytes for rank 2, the file ends after 10',
    ],
    ['size 0', header(8, 2, 0), 'f: byte 8: expected a size of at least 1, got 0'],
    [
      'overflow',
      header(8, 4294967295, 4294967295),
      'f: byte 8: expected fewer than 2^53 bytes, got sizes [4294967295, 4294967295]',
    ],
    [
      'overflow by the width of a value',
      header(0x0e, 2 ** 25, 2 ** 26),
      'f: byte 8: expected fewer than 2^53 bytes, got sizes [33554432, 67108864]',
    ],
    [
      'truncated, and far too large to allocate',
      [...header(0x0b, 2 ** 31, 2 ** 19), 1],
      'f: byte 13: expected 2251799813685260 bytes for shape [2147483648, 524288], the file ends after 13',
    ],
    [
      'truncated by one',
      [...header(0x0b, 1), 1],
      'f: byte 9: expected 10 bytes for shape [1], the file ends after 9',
    ],
    [
      'trailing',
      [...header(8, 2), 1, 2, 3],
      'f: byte 10: expected the end of the file for shape [2], 1 more bytes follow',
    ],
  ])('refuses a file: %s', (_, bytes, message) => {
    expect(() => parse(...bytes)).toThrow(inputError(message));
  });

  it('returns an array or throws an InputError for any bytes', () => {
    const start = fc.tuple(
      fc.constant(0),
      fc.constant(0),
      fc.integer({ min: 7, max: 15 }),
      fc.nat(3),
    );
    const sizes = fc.array(fc.oneof(fc.constant(0), fc.nat(255)), { maxLength: 40 });
    const outcomes = new Set<string>();
    fc.assert(
      fc.property(start, sizes, (a, b) => {
        try {
          parse(...a, ...b);
          outcomes.add('array');
        } catch (error) {
          outcomes.add('error');
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      {
        numRuns: 500,
        seed: 1,
        examples: [
          [
            [0, 0, 8, 1],
            [0, 0, 0, 1, 7],
          ],
        ],
      },
    );
    expect(outcomes).toEqual(new Set(['array', 'error']));
  });
});
