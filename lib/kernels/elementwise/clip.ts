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
 * Returns x clipped to min ... max; a NaN stays. wasm's own kernel turns it into min, so it serves
 * where there is none. webgl's clips none of the four values of a pixel that has one.
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
