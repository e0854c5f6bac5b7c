import { engine, reshape, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { runOperation } from '../backends/tensorflow.ts';
import { passes } from '../graph/assume.ts';
import { simd } from '../simd/current.ts';
import { sumOfRun } from './sumOfRun.ts';

const SURELY_FINITE: ByBackend<(x: Tensor) => boolean> = {
  get wasmSimd() {
    return simd()?.surelyFinite;
  },
  wasm: (x) => tidy(() => columnSums(x).every(Number.isFinite)),
  tensorflow: (x) => tidy(() => passes(runOperation('L2Loss', {}, [x]), Number.isFinite)),
  other: (x) => hasFiniteSum(x.dataSync()),
};

/**
 * Returns whether all values are certainly finite. It computes one sum, which is the fastest way to
 * read all values. The result is also false if the sum of finite values overflows, so after false
 * the values must be checked in another way.
 *
 * The function reads the sum synchronously, so it is only for backends whose tensors lie in main
 * memory. Callers use it before kernels that lose a NaN, or that multiply an infinity by a weight
 * of 0, which gives NaN.
 */
export function surelyFinite(x: Tensor): boolean {
  return x.size === 0 || x.dtype !== 'float32' || forBackend(SURELY_FINITE)(x);
}

/** The possible widths of the rows that are added, widest first. */
const WIDTHS = [512, 256, 128, 96, 64, 50, 48, 40, 36, 32, 30, 28, 24, 20, 18, 16];
/** Below this size a loop is faster than a kernel. */
const SMALL = 1024;

/**
 * Returns sums or means that together include all values. An average pool is wasm's fastest sum. It
 * turns NaN into −∞, which is not finite either.
 */
function columnSums(x: Tensor): number[] {
  const width = WIDTHS.find((columns) => x.size % columns === 0);
  if (width === undefined || x.size < SMALL) return [sumOfRun(x.dataSync(), 0, x.size)];
  const rows = x.size / width;
  const images = reshape(x, [1, rows, 1, width]);
  const window = { filterSize: [rows, 1], strides: [rows, 1], pad: 'valid' };
  return [...engine().runKernel<Tensor>('AvgPool', { x: images }, window).dataSync()];
}

function hasFiniteSum(values: ArrayLike<number>): boolean {
  return Number.isFinite(sumOfRun(values, 0, values.length));
}
