import {
  add,
  div,
  mean,
  mul,
  relu,
  square,
  step,
  sub,
  sum,
  tidy,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { checkGradOutput, checkPositive, checkSize, checkTensor } from '../../lib/check.ts';
import { radialDecayKernel } from '../../lib/radialDecayKernel.ts';
import {
  checkPadding,
  pair,
  convGeometry,
  type Geometry,
  type Padding,
  type Pair,
} from '../../lib/geometry.ts';
import { scalar } from '../../lib/constant.ts';
import { depthwiseConv2d, depthwiseConv2dToInput } from '../../lib/kernels/depthwise/depthwise.ts';
import { Module, type ForwardResult } from '../../lib/module.ts';

/**
 * The C-cells of the neocognitron: each answers to a feature wherever in its window the S-cells of its plane see it, and
 * is inhibited by the mean over all K planes. Its connections d are fixed. With sums over the window ν:
 *
 *   forward          s_k = Σ_ν d(ν) u_S(k, n + ν)        v = (1/K) Σ_k s_k
 *                    x_k = (1 + s_k)/(1 + v) − 1        u_C = ψ[x_k],  ψ[x] = x/(α + x) for x > 0, else 0
 *   backpropToInput  ∂C/∂u_S(k, m) = Σ_{(n,ν): n+ν=m} d(ν) (∂C/∂x_k/(1 + v) + (1/K) ∂C/∂v)
 *
 * where ∂C/∂x_k = ∂C/∂u_C · α/(α + x_k)² · 1[x_k > 0] and ∂C/∂v = −Σ_k ∂C/∂x_k (1 + x_k)/(1 + v).
 *
 * The paper writes ψ[x] = φ[x/(α + x)]; below −α that fraction is positive again, which cannot be meant. d falls with
 * the distance from the middle of the window, d(ν) ∝ δ^|ν| with Σ_ν d(ν) = total.
 *
 * Shapes: input [N, H, W, planes], not negative; output, gradOutput [N, H', W', planes], H' as in `Conv2D`.
 * Errors: an input or gradOutput of another shape or dtype; a kernel larger than the padded input; an alpha, decay or
 *         total that is not above 0; bad sizes.
 * Source: Fukushima 1980, Biological Cybernetics 36, equations 5 to 8.
 */
export interface CCellOptions {
  /** α, 0.5 by default. */
  readonly alpha?: number;
  /** δ, 0.9 by default. */
  readonly decay?: number;
  /** Σ d, 1 by default; the paper does not say. */
  readonly total?: number;
  readonly padding?: Padding;
  readonly stride?: Pair;
}

export interface CCellCache {
  readonly geometry: Geometry;
  /** 1/(1 + v), [N, H', W', 1] */
  readonly shunt: Tensor4D;
  /** x */
  readonly excess: Tensor4D;
}

export class CCell extends Module<Tensor4D, Tensor4D, CCellCache> {
  readonly planes: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
  readonly alpha: number;
  readonly decay: number;
  readonly total: number;

  constructor(planes: number, kernelSize: Pair, options: CCellOptions = {}) {
    super();
    const { alpha = 0.5, decay = 0.9, total = 1 } = options;
    checkSize(this, 'planes', planes);
    checkPositive(this, 'alpha', alpha);
    checkPositive(this, 'decay', decay);
    checkPositive(this, 'total', total);
    this.planes = planes;
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? 1);
    this.padding = checkPadding(this, options.padding ?? 'valid');
    this.alpha = alpha;
    this.decay = decay;
    this.total = total;
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, CCellCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', this.planes]);
    const geometry = convGeometry(this, input.shape[1], input.shape[2], {
      ...this,
      dilation: [1, 1],
    });
    const { output, shunt, excess } = tidy(() => {
      const one = scalar(1);
      const gathered = depthwiseConv2d(input, this.window(), geometry);
      const average = mean(gathered, 3, true);
      const shunt: Tensor4D = div(one, add(one, average));
      // x_k = (s_k − v)/(1 + v): beside 1, what weak cells give would be rounded away.
      const excess: Tensor4D = mul(sub(gathered, average), shunt);
      const positive = relu(excess);
      return { output: div<Tensor4D>(positive, add(positive, scalar(this.alpha))), shunt, excess };
    });
    return { output, cache: { geometry, shunt, excess } };
  }

  backpropToInput(gradOutput: Tensor4D, { geometry, shunt, excess }: CCellCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, excess.shape);
    return tidy(() => {
      const alpha = scalar(this.alpha);
      const slope = div(mul(step(excess), alpha), square(add(relu(excess), alpha)));
      // ∂C/∂x, already divided by 1 + v, as both of its ways need it.
      const direct = mul(mul(gradOutput, slope), shunt);
      const toMean = sum(mul(direct, add(excess, scalar(1))), 3, true);
      const toGathered: Tensor4D = sub(direct, mul(toMean, scalar(1 / this.planes)));
      return depthwiseConv2dToInput(toGathered, this.window(), geometry);
    });
  }

  /** d, [K_h, K_w, planes, 1], new to the caller. */
  window(): Tensor4D {
    return radialDecayKernel(this.kernelSize, this.decay, this.planes, this.total);
  }
}
