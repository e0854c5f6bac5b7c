import {
  abs,
  equal,
  mul,
  sign,
  tidy,
  where,
  zerosLike,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkNumber,
  checkOptions,
  checkShape,
  checkTensor,
} from '../lib/check.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { pair, convGeometry, type Geometry, type Pair } from '../lib/geometry.ts';
import { mapImage, mapImageToInput, type ImageMap } from '../lib/kernels/pad/axisMap.ts';
import { scalar } from '../lib/constant.ts';
import { power } from '../lib/kernels/elementwise/arithmetic.ts';
import { windowSumsFilledUp } from '../lib/kernels/pool/windowMap.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { describeWindows, poolFacts } from '../lib/window.ts';

/** The options of `LPPool2D`. */
export interface LPPool2DOptions {
  /** s, in pixels; the kernel's size by default, so that the windows tile the image. */
  readonly stride?: Pair;
  /** Whether the size of the output is rounded up; false by default. */
  readonly ceilMode?: boolean;
}

/** The values that `LPPool2D` keeps for its backward method. */
export interface LPPool2DCache {
  readonly input: Tensor4D;
  readonly output: Tensor4D;
  readonly geometry: Geometry;
}

/**
 * The p-norm of each window, channel by channel. It lies between the sum (p = 1) and the maximum (p
 * → ∞).
 *
 *   forward          s[n,i,j,c] = f_ij Σ_pixels x_in^p over window (i, j)
 *                    y = x_out = sign(s) |s|^(1/p)
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = x_in^(p−1) Σ_{(i,j): window (i,j) holds (y,x)}
 *                                          f_ij |y|^(1−p) ∂C/∂x_out[n,i,j,c]
 *
 * because ∂y/∂s = 1/p |s|^(1/p−1) = 1/p |y|^(1−p) and ∂s/∂x_in = f p x_in^(p−1). Where s = 0 the
 * gradient is taken to be 0.
 *
 * x_in^p is computed with the sign of x_in. So the output is a norm if p is even. If p is odd,
 * values of different signs cancel, and for a negative s the output is its real root, −|s|^(1/p),
 * where PyTorch gives NaN. If p is not an integer, x_in^p is NaN for a negative x_in, as in
 * PyTorch, so use the box after a rectifier.
 *
 * There is no padding. `ceilMode` rounds H' and W' up: a last window may extend beyond the end if
 * it starts inside the input. Each missing pixel of such a window counts as the average of the
 * other pixels: f = K_h K_w / (the number of pixels of the window). For all other windows, f = 1.
 *
 * Shapes: input [N, H, W, C]; output, gradOutput [N, H', W', C], H' = ⌊(H − K_h)/stride⌋ + 1.
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the input; a
 *         normType below 1.
 * Source: lecture, "Pooling"; PyTorch's LPPool2d.
 *
 *     const box = new LPPool2D(2, 3, { stride: 2 });
 *     box.infer(images);   // [N, 7, 9, C] to [N, 3, 4, C]
 */
export class LPPool2D extends Module<Tensor4D, Tensor4D, LPPool2DCache> {
  readonly normType: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly ceilMode: boolean;

  /** @param normType p, at least 1. */
  constructor(normType: number, kernelSize: Pair, options: LPPool2DOptions = {}) {
    super();
    checkOptions(this, options, ['stride', 'ceilMode']);
    checkNumber(this, 'normType', normType, 1);
    this.normType = normType;
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? this.kernelSize);
    this.ceilMode = options.ceilMode ?? false;
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, LPPool2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const geometry = this.#geometry(input.shape);
    const p = this.normType;
    const output: Tensor4D = tidy(() => {
      const s = mapImage(power(input, p), sums(geometry));
      return mul(sign(s), power(abs(s), 1 / p));
    });
    return { output, cache: { input: input.clone(), output: output.clone(), geometry } };
  }

  backpropToInput(gradOutput: Tensor4D, { input, output: y, geometry }: LPPool2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, y.shape);
    const p = this.normType;
    return tidy(() => {
      const share: Tensor4D = mul(gradOutput, power(abs(y), 1 - p));
      const finite: Tensor4D = where(equal(y, scalar(0)), zerosLike(y), share);
      return mul(power(input, p - 1), mapImageToInput(finite, sums(geometry)));
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const { height, width } = this.#geometry(input);
    return poolFacts(input, [height, width]);
  }

  override describe(): string {
    return `LPPool2D of norm ${this.normType}: ${describeWindows({ ...this, padding: 'valid' })}`;
  }

  #geometry([, height, width]: Shape): Geometry {
    return convGeometry(this, height, width, { ...this, padding: 'valid' });
  }
}

function sums({ height, width }: Geometry): ImageMap {
  return { height: windowSumsFilledUp(height), width: windowSumsFilledUp(width) };
}
