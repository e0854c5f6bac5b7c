import { fill, tensor, tidy, transpose, type Rank, type Tensor2D } from '@tensorflow/tfjs-core';
import { useBackend } from '../../../../lib/backend/useBackend.ts';
import {
  matMul,
  matMulTransposedA,
  matMulTransposedB,
} from '../../../../lib/kernels/matmul/matMul.ts';
import { matMulInBlocks, MOST_TERMS } from '../../../../lib/kernels/matmul/matMulInBlocks.ts';
import { Rng } from '../../../../lib/rng.ts';
import { Conv1D, Conv2D, Linear } from '../../../../modules/index.ts';

/**
 * Tests sums of many terms on wasm, which are computed in blocks of at most MOST_TERMS terms. The
 * relative error of a block of n equal terms is at most n · 2⁻²⁵. Each addition of two blocks in
 * single precision adds less than 2⁻²⁴, and TOLERANCE allows for 64 such additions.
 */

beforeAll(() => useBackend('wasm'));

const TERMS = 2 ** 14;
const TOLERANCE = TERMS * 2 ** -25 + 64 * 2 ** -24;

/** Small integers, whose sums and products are exact. */
function integers(rng: Rng, shape: [number, number]): Tensor2D {
  return tensor(
    Float32Array.from({ length: shape[0] * shape[1] }, () => rng.integer(7) - 3),
    shape,
  );
}

test.each([
  [3, MOST_TERMS, 2],
  [3, MOST_TERMS + 1, 2],
  [1, 2 * MOST_TERMS + 5, 4],
  [5, 3 * MOST_TERMS - 1, 1],
])('[%d, %d] by [.., %d] has the values of plain loops', (rows, inner, columns) => {
  tidy(() => {
    const rng = new Rng(inner);
    const [a, b] = [integers(rng, [rows, inner]), integers(rng, [inner, columns])];
    const [x, y] = [a.dataSync(), b.dataSync()];
    const expected = Array.from({ length: rows * columns }, (_, at) => {
      const [i, j] = [Math.floor(at / columns), at % columns];
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += x[i * inner + k] * y[k * columns + j];
      return sum;
    });
    for (const product of [
      matMulInBlocks(a, b),
      matMul(a, b),
      matMulTransposedA(transpose(a), b),
      matMulTransposedB(a, transpose(b)),
      transpose(matMulTransposedB(transpose(b), a)),
    ])
      expect([...product.dataSync()]).toEqual(expected);
  });
});

/** The largest relative error of values that are all n · x · y. */
function worst(values: ArrayLike<number>, n: number, [x, y]: readonly [number, number]): number {
  const exact = n * Math.fround(x) * Math.fround(y);
  return Math.max(...Array.from(values, (value) => Math.abs(value / exact - 1)));
}

const PAIRS = [
  [0.1, 0.3],
  [0.7, -0.9],
] as const;

test.each(PAIRS)('filters get the gradient of 802,816 positions of %d and %d', (x, y) => {
  tidy(() => {
    const box = new Conv2D(1, 3, 1, { rng: new Rng(0) });
    const { cache } = box.forward(fill<Rank.R4>([1, 896, 896, 1], x));
    const { weight } = box.backpropToParams(fill<Rank.R4>([1, 896, 896, 3], y), cache);
    expect(worst(weight.dataSync(), 896 * 896, [x, y])).toBeLessThan(TOLERANCE);
  });
});

test.each(PAIRS)('filters get the gradient of one row of 802,816 windows of %d and %d', (x, y) => {
  tidy(() => {
    const box = new Conv1D(1, 3, 1, { rng: new Rng(0) });
    const { cache } = box.forward(fill<Rank.R3>([1, 802_816, 1], x));
    const { weight } = box.backpropToParams(fill<Rank.R3>([1, 802_816, 3], y), cache);
    expect(worst(weight.dataSync(), 802_816, [x, y])).toBeLessThan(TOLERANCE);
  });
});

test.each(PAIRS)(
  'Linear sums 10⁷ inputs, and the gradients of 802,816 rows, of %d and %d',
  (x, y) => {
    tidy(() => {
      const wide = new Linear(1e7, 1, {
        init: (shape) => new Float32Array(shape[0] * shape[1]).fill(y),
        bias: false,
      });
      const output = wide.infer(fill<Rank.R2>([1, 1e7], x));
      expect(worst(output.dataSync(), 1e7, [x, y])).toBeLessThan(TERMS * 2 ** -25);
      wide.dispose();
      const box = new Linear(2, 3, { rng: new Rng(0) });
      const { cache } = box.forward(fill<Rank.R2>([802_816, 2], x));
      const { weight } = box.backpropToParams(fill<Rank.R2>([802_816, 3], y), cache);
      expect(worst(weight.dataSync(), 802_816, [x, y])).toBeLessThan(TERMS * 2 ** -25);
    });
  },
);
