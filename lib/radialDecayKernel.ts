import type { Tensor4D } from '@tensorflow/tfjs-core';
import { constant } from './constant.ts';

/**
 * Creates the fixed connections of the neocognitron. They are depthwise filters whose weights decay
 * with the distance |ν| from the middle of the window, and they are the same for each plane. The
 * caller owns the tensor.
 *
 *     d(ν) ∝ γ^|ν|,  Σ_ν d(ν) = total
 *
 * Shapes: output [K_h, K_w, planes, 1].
 */
export function radialDecayKernel(
  [height, width]: readonly [number, number],
  decay: number,
  planes: number,
  total = 1,
): Tensor4D {
  const window = Float64Array.from({ length: height * width }, (_, at) => {
    const row = Math.floor(at / width) - (height - 1) / 2;
    const column = (at % width) - (width - 1) / 2;
    return decay ** Math.hypot(row, column);
  });
  const scale = total / window.reduce((sum, weight) => sum + weight, 0);
  const values = Float64Array.from(
    { length: window.length * planes },
    (_, at) => scale * window[Math.floor(at / planes)],
  );
  return constant(values, [height, width, planes, 1]);
}
