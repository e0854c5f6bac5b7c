import { add, mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { computeOnHost, onHost } from '../backends/host.ts';
import { clip } from './clip.ts';

/**
 * Returns x clipped to −limit ... limit. A value that is not finite remains so; an infinity may
 * become a NaN. If the values lie in this process's memory, they are checked first. The check is
 * fast, and if no value exceeds the limit, it saves a copy of the tensor.
 */
export function bound(x: Tensor, limit: number): Tensor {
  if (!onHost()) return tidy(() => add(clip(x, -limit, limit), mul(x, scalar(0))));
  if (isBounded(x.dataSync(), limit)) return x.clone();
  const fill = (y: Float32Array | Float64Array, values: ArrayLike<number>) => {
    for (let i = 0; i < y.length; i++) {
      const value = values[i];
      if (Math.abs(value) <= limit || !Number.isFinite(value)) y[i] = value;
      else y[i] = value > 0 ? limit : -limit;
    }
  };
  return computeOnHost([x], x.shape, fill, { zeroed: false });
}

function isBounded(values: ArrayLike<number>, limit: number): boolean {
  for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i]) <= limit)) return false;
  return true;
}
