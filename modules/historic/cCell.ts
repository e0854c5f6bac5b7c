import {
  add,
  div,
  mean,
  mul,
  square,
  step,
  sub,
  sum,
  tidy,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkOptions,
  checkPositiveFloat,
  checkShape,
  checkSize,
  checkTensor,
} from '../../lib/check.ts';
import { positivePart } from '../../lib/kernels/elementwise/parts.ts';
import type { Facts, Shape } from '../../lib/facts.ts';
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
import { allPositions, describeWindows, slidingAxis } from '../../lib/window.ts';

/** The options of `CCell`. */
export interface CCellOptions {
  /** α, the x at which the output is 1/2; 0.5 by default. */
  readonly alpha?: number;
  /**
   * δ, the factor by which the fixed connections d decrease per pixel of distance from the middle
   * of the window; 0.9 by default.
   */
  readonly decay?: number;
  /** The sum of all fixed connections d, 1 by default. The paper does not state it. */
  readonly total?: number;
  /**
   * The number of zeros that are added on each side, or a pair of such numbers; `'valid'` adds none
   * and is the default; `'same'` gives ⌈size/stride⌉ outputs.
   */
  readonly padding?: Padding;
  /** The distance between neighbouring windows, in pixels; 1 by default. */
  readonly stride?: Pair;
}

/** The values that `CCell` keeps for its backward method. */
export interface CCellCache {
  readonly geometry: Geometry;
  /** The factor 1/(1 + v), [N, H', W', 1]. */
  readonly shunt: Tensor4D;
  /** x, the amount by which the excitation exceeds the inhibition. */
  readonly excess: Tensor4D;
}

/**
 * The C-cells of the neocognitron. A C-cell responds to a feature if the S-cells of its plane find
 * the feature anywhere in the cell's window, and is inhibited by the mean over all K planes. Its
 * connections d are fixed. Sums over ν run over the window:
 *
 *   forward          s_k = Σ_ν d(ν) u_S(k, n + ν)        v = (1/K) Σ_k s_k
 *                    x_k = (1 + s_k)/(1 + v) − 1
 *                    u_C = ψ[x_k],  ψ[x] = x/(α + x) for x > 0, else 0
 *   backpropToInput  ∂C/∂u_S(k, m) = Σ_{(n,ν): n+ν=m} d(ν) (∂C/∂x_k/(1 + v) + (1/K) ∂C/∂v)
 *
 * where ∂C/∂x_k = ∂C/∂u_C · α/(α + x_k)² · 1[x_k > 0] and ∂C/∂v = −Σ_k ∂C/∂x_k (1 + x_k)/(1 + v).
 *
 * The paper writes ψ[x] = φ[x/(α + x)]. For x below −α, that fraction is positive again, which
 * cannot be intended. d(ν) is proportional to δ^|ν|, where |ν| is the distance from the middle of
 * the window, and sums to `total`.
 *
 * Shapes: input [N, H, W, planes], not negative; output, gradOutput [N, H', W', planes], H' as in
 *         `Conv2D`.
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; an alpha, decay or total that is not above 0; bad sizes.
 * Source: Fukushima 1980, Biological Cybernetics 36, equations 5 to 8.
 *
 *     const box = new CCell(24, 5, { stride: 2, padding: 4 });
 *     box.infer(images);   // [N, 16, 16, 24] to [N, 10, 10, 24]
 */
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
    checkOptions(this, options, ['alpha', 'decay', 'total', 'padding', 'stride']);
    const { alpha = 0.5, decay = 0.9, total = 1 } = options;
    checkSize(this, 'planes', planes);
    checkPositiveFloat(this, 'alpha', alpha);
    checkPositiveFloat(this, 'decay', decay);
    checkPositiveFloat(this, 'total', total);
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
    const geometry = this.#geometry(input.shape);
    const { output, shunt, excess } = tidy(() => {
      const one = scalar(1);
      const gathered = depthwiseConv2d(input, this.window(), geometry);
      const average = mean(gathered, 3, true);
      const shunt: Tensor4D = div(one, add(one, average));
      // Computes x_k as (s_k − v)/(1 + v), because in 1 + s_k the rounding would lose the outputs
      // of weak cells.
      const excess: Tensor4D = mul(sub(gathered, average), shunt);
      const positive = positivePart(excess);
      return { output: div<Tensor4D>(positive, add(positive, scalar(this.alpha))), shunt, excess };
    });
    return { output, cache: { geometry, shunt, excess } };
  }

  backpropToInput(gradOutput: Tensor4D, { geometry, shunt, excess }: CCellCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, excess.shape);
    return tidy(() => {
      const alpha = scalar(this.alpha);
      const slope = div(mul(step(excess), alpha), square(add(positivePart(excess), alpha)));
      // ∂C/∂x divided by 1 + v. This quotient is used twice.
      const direct = mul(mul(gradOutput, slope), shunt);
      const toMean = sum(mul(direct, add(excess, scalar(1))), 3, true);
      const toGathered: Tensor4D = sub(direct, mul(toMean, scalar(1 / this.planes)));
      return depthwiseConv2dToInput(toGathered, this.window(), geometry);
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', this.planes]);
    const { height, width } = this.#geometry(input);
    return {
      outputShape: [input[0], height.output, width.output, this.planes],
      window: {
        axes: [height, width].map((axis) => slidingAxis(axis)),
        // The mean v is taken over all planes.
        channels: allPositions(this.planes),
      },
      multiplyAdds: 0,
    };
  }

  override describe(): string {
    return `${this.planes} planes of C-cells: ${describeWindows(this, 'always')}`;
  }

  /** Creates the connections d, [K_h, K_w, planes, 1]. The caller disposes them. */
  window(): Tensor4D {
    return radialDecayKernel(this.kernelSize, this.decay, this.planes, this.total);
  }

  #geometry([, height, width]: Shape): Geometry {
    return convGeometry(this, height, width, this);
  }
}
