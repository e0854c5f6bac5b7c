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
import { checkGradOutput, checkNumber, checkTensor } from '../lib/check.ts';
import { pair, convGeometry, type Geometry, type Pair } from '../lib/geometry.ts';
import { mapImage, mapImageToInput, type ImageMap } from '../lib/kernels/pad/axisMap.ts';
import { scalar } from '../lib/constant.ts';
import { power } from '../lib/kernels/elementwise/power.ts';
import { windowSumsFilledUp } from '../lib/kernels/pool/windowMap.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * The p-norm of each window, channel by channel: between the sum (p = 1) and the maximum (p → ∞).
 *
 *   forward          s[n,i,j,c] = f_ij Σ_pixels x_in^p over window (i, j), y = x_out = sign(s) |s|^(1/p)
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = x_in^(p−1) Σ_{(i,j): window (i,j) holds (y,x)} f_ij |y|^(1−p) ∂C/∂x_out[n,i,j,c]
 *
 * because ∂y/∂s = 1/p |s|^(1/p−1) = 1/p |y|^(1−p) and ∂s/∂x_in = f p x_in^(p−1). Where s = 0 the gradient is taken to
 * be 0.
 *
 * The power keeps the sign of x_in. An even p makes it a norm of signed inputs. With an odd p values of both signs
 * cancel, and a negative s has its real root, −|s|^(1/p), where PyTorch gives NaN. With a p that is no integer, x_in^p
 * is NaN for a negative x_in, as in PyTorch: use it after a rectifier.
 *
 * There is no padding. `ceilMode` rounds H' and W' up: a last window may reach over the end, if it starts inside the
 * input. It is filled up with the average of what it holds, f = K_h K_w / (its pixels); otherwise f = 1.
 *
 * Shapes: input [N, H, W, C]; output, gradOutput [N, H', W', C], H' = ⌊(H − K_h)/stride⌋ + 1.
 * Errors: an input or gradOutput of another shape or dtype; a kernel larger than the input; a normType below 1.
 * Source: lecture, "Pooling"; PyTorch's LPPool2d.
 */
export interface LPPool2DOptions {
  /** The kernel's size by default, so that windows tile the image. */
  readonly stride?: Pair;
  readonly ceilMode?: boolean;
}

export interface LPPool2DCache {
  readonly input: Tensor4D;
  readonly output: Tensor4D;
  readonly geometry: Geometry;
}

export class LPPool2D extends Module<Tensor4D, Tensor4D, LPPool2DCache> {
  readonly normType: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly ceilMode: boolean;

  constructor(normType: number, kernelSize: Pair, options: LPPool2DOptions = {}) {
    super();
    checkNumber(this, 'normType', normType, 1);
    this.normType = normType;
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? this.kernelSize);
    this.ceilMode = options.ceilMode ?? false;
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, LPPool2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const options = { ...this, dilation: [1, 1], padding: 'valid' } as const;
    const geometry = convGeometry(this, input.shape[1], input.shape[2], options);
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
}

function sums({ height, width }: Geometry): ImageMap {
  return { height: windowSumsFilledUp(height), width: windowSumsFilledUp(width) };
}
