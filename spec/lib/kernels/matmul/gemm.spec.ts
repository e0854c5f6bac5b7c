import fc from 'fast-check';
import {
  addProduct,
  matrixAt,
  transposeOf,
  type Matrix,
} from '../../../../lib/kernels/matmul/gemm.ts';
import { Rng } from '../../../../lib/rng.ts';

/** Compares C += A B with plain loops. */

function random(rng: Rng, size: number): Float32Array {
  return Float32Array.from({ length: size }, () => Math.floor(16 * rng.uniform()) - 8);
}

const at = ({ values, start, rowStep, columnStep }: Matrix, i: number, j: number) =>
  values[start + i * rowStep + j * columnStep];

function check(
  rows: number,
  inner: number,
  columns: number,
  aTurned: boolean,
  bTurned: boolean,
): void {
  const rng = new Rng(rows + 1000 * inner + 1000_000 * columns);
  const factor = (m: number, n: number, turned: boolean) => {
    const values = random(rng, m * n + 3);
    return turned ? transposeOf(matrixAt(values, n, m, 3)) : matrixAt(values, m, n, 3);
  };
  const [a, b] = [factor(rows, inner, aTurned), factor(inner, columns, bTurned)];
  // C takes every other element of an array, with a gap of two elements per row. The elements
  // between must not change.
  const rowStep = 2 * columns + 2;
  const values = random(rng, rows * rowStep + 5);
  const before = values.slice();
  const c: Matrix = { values, rows, columns, start: 5, rowStep, columnStep: 2 };
  addProduct(c, a, b);
  const expected = before.slice();
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      for (let k = 0; k < inner; k++)
        expected[5 + i * rowStep + 2 * j] += at(a, i, k) * at(b, k, j);
    }
  }
  // The values are small integers, so every sum is exact.
  expect(values).toEqual(expected);
}

test('any small sizes, either factor transposed', () => {
  const size = fc.integer({ min: 1, max: 11 });
  fc.assert(fc.property(size, size, size, fc.boolean(), fc.boolean(), check), {
    seed: 0,
    numRuns: 200,
  });
});

test.each([
  [3, 256, 5],
  [5, 257, 3],
  [2, 600, 4],
  [4, 3, 256],
  [1, 2, 259],
  [7, 300, 513],
])('larger than a panel: %ix%i times %i columns', (rows, inner, columns) => {
  check(rows, inner, columns, false, false);
  check(rows, inner, columns, true, true);
});

test('the sum is in double precision: small terms do not vanish beside large ones', () => {
  const a = matrixAt(Float32Array.of(2 ** 30, 1, -(2 ** 30)), 1, 3);
  const b = matrixAt(Float32Array.of(1, 1, 1), 3, 1);
  const c = matrixAt(new Float32Array(1), 1, 1);
  addProduct(c, a, b);
  expect(c.values[0]).toBe(1);
});
