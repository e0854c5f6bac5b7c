import { getBackend, maximum as byTfjs, type Tensor } from '@tensorflow/tfjs-core';
import { computeOnHost } from '../backends/host.ts';

/**
 * Returns the larger of a and b, element by element, or NaN where either is NaN. wasm's own kernel
 * ignores a NaN in b, and is slower than a loop.
 *
 * Shapes: a and output any, the same; b the same, or with size 1 in all axes from some axis on, or
 *         [].
 */
export function maximum<T extends Tensor>(a: T, b: Tensor): T {
  if (getBackend() !== 'wasm') return byTfjs<T>(a, b);
  // The number of elements of a with which each element of b is compared.
  const run = a.size / b.size;
  return computeOnHost(
    [a, b],
    a.shape,
    (larger, left, right) => {
      for (let i = 0, at = 0; i < right.length; i++) {
        for (const end = at + run; at < end; at++) larger[at] = Math.max(left[at], right[i]);
      }
    },
    { zeroed: false },
  ) as T;
}
