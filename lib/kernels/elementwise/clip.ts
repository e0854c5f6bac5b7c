import {
  clipByValue,
  getBackend,
  maximum,
  minimum,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { computeOnHost } from '../backends/host.ts';
import { surelyFinite } from '../reduce/surelyFinite.ts';

/**
 * Returns x clipped to min ... max; a NaN stays a NaN. wasm's own kernel turns a NaN into min, so
 * it is used only if x has none. webgl's own kernel fails to clip the neighbours of a NaN in the
 * same pixel of its texture, so it is not used.
 */
export function clip(x: Tensor, min: number, max: number): Tensor {
  if (getBackend() === 'webgl') {
    return tidy(() => minimum(maximum(x, scalar(min)), scalar(max)));
  }
  if (getBackend() !== 'wasm' || surelyFinite(x)) return clipByValue(x, min, max);
  const fill = (y: Float32Array | Float64Array, values: ArrayLike<number>) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.min(Math.max(values[i], min), max);
  };
  return computeOnHost([x], x.shape, fill, { zeroed: false });
}
