import {
  add,
  div,
  mul,
  sqrt,
  square,
  step,
  sub,
  sum,
  tidy,
  type Rank,
  type Tensor4D,
  type Variable,
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
import {
  createParam,
  positiveUniform,
  zeros,
  type Initializer,
} from '../../lib/init/initializers.ts';
import { scalar } from '../../lib/constant.ts';
import { conv2d, conv2dToFilter, conv2dToInput } from '../../lib/kernels/conv2d/conv2d.ts';
import { sumLeading } from '../../lib/kernels/reduce/sumLeading.ts';
import { Module, type ForwardResult } from '../../lib/module.ts';
import type { Rng } from '../../lib/rng.ts';
import { allPositions, describeWindows, slidingAxis } from '../../lib/window.ts';

/** The options of `SCell`. */
export interface SCellOptions {
  /** r, the selectivity; 4 by default, as in the paper's first layer. */
  readonly r?: number;
  /**
   * γ, the factor by which the fixed connections c decrease per pixel of distance from the middle
   * of the window; 0.9 by default.
   */
  readonly decay?: number;
  /**
   * The number of zeros that are added on each side, or a pair of such numbers; `'valid'` adds none
   * and is the default; `'same'` gives ⌈size/stride⌉ outputs.
   */
  readonly padding?: Padding;
  /** The distance between neighbouring windows, in pixels; 1 by default. */
  readonly stride?: Pair;
  /** The initial connections a, `positiveUniform` by default. */
  readonly init?: Initializer;
  /** The generator that draws the initial connections; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `SCell` keeps for its backward methods. */
export interface SCellCache {
  readonly input: Tensor4D;
  readonly geometry: Geometry;
  /** v, the total activity in each window, [N, H', W', 1]. */
  readonly inhibitor: Tensor4D;
  /** The factor 1/(1 + h). */
  readonly shunt: Tensor4D;
  /** x, the amount by which the excitation exceeds the inhibition. */
  readonly excess: Tensor4D;
}

/**
 * The S-cells of the neocognitron, which are planes of feature extractors. A cell is excited by
 * inputs that match its connections a, and inhibited by the total activity in its window. Sums over
 * ν run over the window, sums over κ run over the planes of the input u, and φ[x] = max(0, x):
 *
 *   forward            e_k = Σ_κν a_k(κ, ν) u(κ, n + ν)        v = √(Σ_κν c(ν) u(κ, n + ν)²)
 *                      h_k = 2r/(1+r) b_k v
 *                      x_k = (1 + e_k)/(1 + h_k) − 1           u_S = r φ[x_k]
 *   backpropToInput    ∂C/∂u = Σ_kν ∂C/∂e_k a_k + 2u Σ_ν ∂C/∂v c/(2v),
 *                              each term where its window meets the pixel
 *   backpropToParams   ∂C/∂a_k(κ, ν) = Σ_n ∂C/∂e_k u(κ, n + ν)
 *                      ∂C/∂b_k = 2r/(1+r) Σ_n ∂C/∂h_k v
 *
 * where, with g = r ∂C/∂u_S · 1[x_k > 0],
 *
 *   ∂C/∂e_k = g/(1 + h_k)        ∂C/∂h_k = −g (1 + x_k)/(1 + h_k)
 *   ∂C/∂v = 2r/(1+r) Σ_k ∂C/∂h_k b_k
 *
 * and if v is 0, the gradient through v is taken to be 0. The larger r, the more selective the
 * cell. The connections c are fixed and decrease with the distance from the middle of the window:
 * c(ν) ∝ γ^|ν| with Σ_κν c(ν) = 1.
 *
 * Fukushima's cells learn without gradients (see `learnNeocognitron`). With gradients, they can
 * also be trained together with other boxes.
 *
 * Shapes: input [N, H, W, inPlanes], not negative; output, gradOutput [N, H', W', planes], H' as in
 *         `Conv2D`; weight (a) [K_h, K_w, inPlanes, planes]; inhibition (b) [planes].
 * Errors: an input or gradOutput of the wrong shape or dtype; a kernel larger than the padded
 *         input; an r or decay that is not above 0; bad sizes; a random `init` without `rng`.
 * Source: Fukushima 1980, Biological Cybernetics 36, equations 1 to 4. Initially a is small and
 *         positive, and b 0.
 *
 *     const box = new SCell(1, 24, 5, { padding: 2, rng: new Rng(0) });
 *     box.infer(images);   // [N, H, W, 24]
 */
export class SCell extends Module<Tensor4D, Tensor4D, SCellCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R4>;
    readonly inhibition: Variable<Rank.R1>;
  };
  /** Weight decay applies to a and b. */
  override readonly noDecay = [];
  readonly inPlanes: number;
  readonly planes: number;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;
  readonly r: number;
  readonly decay: number;

  constructor(inPlanes: number, planes: number, kernelSize: Pair, options: SCellOptions = {}) {
    super();
    checkOptions(this, options, ['r', 'decay', 'padding', 'stride', 'init', 'rng']);
    const { r = 4, decay = 0.9, init = positiveUniform, rng } = options;
    checkSize(this, 'inPlanes', inPlanes);
    checkSize(this, 'planes', planes);
    checkPositiveFloat(this, 'r', r);
    checkPositiveFloat(this, 'decay', decay);
    this.inPlanes = inPlanes;
    this.planes = planes;
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? 1);
    this.padding = checkPadding(this, options.padding ?? 'valid');
    this.r = r;
    this.decay = decay;
    const [height, width] = this.kernelSize;
    const fan = { fanIn: height * width * inPlanes, fanOut: height * width * planes };
    this.params = {
      weight: createParam(this, 'weight', [height, width, inPlanes, planes], fan, init, rng),
      inhibition: createParam(this, 'inhibition', [planes], fan, zeros),
    };
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, SCellCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', this.inPlanes]);
    const geometry = this.#geometry(input.shape);
    const { weight, inhibition } = this.params;
    const { output, ...tensors } = tidy(() => {
      const one = scalar(1);
      const excitation = conv2d(input, weight, geometry);
      const inhibitor: Tensor4D = sqrt(conv2d(square(input), this.window(), geometry));
      const held = mul(mul(inhibition, scalar(this.#share)), inhibitor);
      const shunt: Tensor4D = div(one, add(one, held));
      // Computes x as (e − h)/(1 + h), because in 1 + e the rounding would lose the small
      // excitation of an untrained cell.
      const excess: Tensor4D = mul(sub(excitation, held), shunt);
      return {
        output: mul<Tensor4D>(positivePart(excess), scalar(this.r)),
        inhibitor,
        shunt,
        excess,
      };
    });
    return { output, cache: { input: input.clone(), geometry, ...tensors } };
  }

  backpropToInput(gradOutput: Tensor4D, cache: SCellCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, cache.excess.shape);
    const { input, geometry, inhibitor } = cache;
    const { weight, inhibition } = this.params;
    return tidy(() => {
      const { toExcitation, toInhibition } = this.#inside(gradOutput, cache);
      const toInhibitor = sum(mul(toInhibition, mul(inhibition, scalar(this.#share))), 3, true);
      // ∂C/∂v divided by v, or 0 divided by 1 where v is 0.
      const seen = step(inhibitor);
      const toSquares: Tensor4D = div(mul(toInhibitor, seen), add(inhibitor, sub(scalar(1), seen)));
      const throughInhibitor = mul(input, conv2dToInput(toSquares, this.window(), geometry));
      return add(conv2dToInput(toExcitation, weight, geometry), throughInhibitor);
    });
  }

  override backpropToParams(gradOutput: Tensor4D, cache: SCellCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, cache.excess.shape);
    return tidy(() => {
      const { toExcitation, toInhibition } = this.#inside(gradOutput, cache);
      return {
        weight: conv2dToFilter(cache.input, toExcitation, cache.geometry),
        inhibition: sumLeading(mul(mul(toInhibition, cache.inhibitor), scalar(this.#share))),
      };
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', this.inPlanes]);
    const { height, width } = this.#geometry(input);
    return {
      outputShape: [input[0], height.output, width.output, this.planes],
      window: {
        axes: [height, width].map((axis) => slidingAxis(axis)),
        channels: allPositions(this.inPlanes),
      },
      multiplyAdds: height.output * width.output * this.params.weight.size,
    };
  }

  override describe(): string {
    return `${this.planes} planes of S-cells: ${describeWindows(this, 'always')}`;
  }

  /** Creates the connections c, [K_h, K_w, inPlanes, 1]. The caller disposes them. */
  window(): Tensor4D {
    return radialDecayKernel(this.kernelSize, this.decay, this.inPlanes, 1 / this.inPlanes);
  }

  #geometry([, height, width]: Shape): Geometry {
    return convGeometry(this, height, width, this);
  }

  /** The factor 2r/(1+r). */
  get #share(): number {
    return (2 * this.r) / (1 + this.r);
  }

  /** Computes ∂C/∂e and ∂C/∂h. */
  #inside(gradOutput: Tensor4D, { shunt, excess }: SCellCache) {
    const toExcitation: Tensor4D = mul(mul(gradOutput, mul(step(excess), scalar(this.r))), shunt);
    const toInhibition: Tensor4D = mul(toExcitation, sub(scalar(-1), excess));
    return { toExcitation, toInhibition };
  }
}
