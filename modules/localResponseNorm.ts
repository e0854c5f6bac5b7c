import { add, div, mul, square, sub, tidy, type Tensor } from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkInput,
  checkNumber,
  checkOptions,
  checkPositiveFloat,
  checkRank,
  checkSize,
} from '../lib/check.ts';
import { inversePower, sumOfChannels } from '../lib/kernels/normalize/channelWindow.ts';
import { scalar } from '../lib/constant.ts';
import { clampInterval, samePositions, sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { ProjectionRule } from '../lib/projectionRule.ts';

/** The options of `LocalResponseNorm`. */
export interface LocalResponseNormOptions {
  /** α, by which the sum of squares is multiplied, 1e-4 by default; it is divided by the size. */
  readonly alpha?: number;
  /** The exponent β, 0.75 by default. */
  readonly beta?: number;
  /** k, the constant to which the sum is added; 1 by default. */
  readonly k?: number;
}

/** The arguments of TensorFlow's and tfjs's localResponseNormalization. */
export interface TensorFlowLRN {
  /** The number of channels on each side, 5 by default. */
  readonly depthRadius?: number;
  /** k, the constant to which the sum is added; 1 by default. */
  readonly bias?: number;
  /** α, by which the sum of squares is multiplied, 1 by default; it is not divided by the size. */
  readonly alpha?: number;
  /** The exponent β, 0.5 by default. */
  readonly beta?: number;
}

/** The values that `LocalResponseNorm` keeps for its backward method. */
export interface LocalResponseNormCache {
  readonly input: Tensor;
  /** s, the sum by whose power the input is divided. */
  readonly base: Tensor;
  /** The factor s^−β. */
  readonly damping: Tensor;
}

/**
 * Local response normalization: each value is reduced by the values of the neighbouring channels at
 * the same position. W(c) are the channels c − ⌊size/2⌋ ... c + ⌈size/2⌉ − 1 that exist:
 *
 *   forward          s_c = k + (α/size) Σ_{j ∈ W(c)} x_j²        y_c = x_c s_c^−β
 *   backpropToInput  ∂C/∂x_c = g_c s_c^−β − (2αβ/size) x_c Σ_{j: c ∈ W(j)} g_j y_j/s_j
 *                    with g = ∂C/∂y
 *
 * α is divided by the size, also at the border, as in PyTorch, Caffe and Torch; k is 1 by default.
 * The equations of the paper, TensorFlow and tfjs do not divide α; `krizhevsky2012` and
 * `fromTensorFlow` convert their arguments. If the size is even, the window has one channel more
 * below c than above it.
 *
 * Shapes: input, output, gradOutput [N, ..., C].
 * Errors: an input that has no batch axis or is not a float tensor; a gradOutput whose shape
 *         differs from the output's; a size below 1; a negative alpha or beta; a k that is not
 *         above 0, because s must not be 0.
 * Source: Krizhevsky, Sutskever, Hinton 2012, section 3.3.
 *
 *     const box = LocalResponseNorm.krizhevsky2012();
 *     box.infer(images);   // [N, H, W, C], damped by 5 channels each
 */
export class LocalResponseNorm extends Module<Tensor, Tensor, LocalResponseNormCache> {
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly k: number;

  constructor(size: number, options: LocalResponseNormOptions = {}) {
    super();
    checkOptions(this, options, ['alpha', 'beta', 'k']);
    const { alpha = 1e-4, beta = 0.75, k = 1 } = options;
    checkSize(this, 'size', size);
    checkNumber(this, 'alpha', alpha, 0);
    checkNumber(this, 'beta', beta, 0);
    checkPositiveFloat(this, 'k', k);
    this.size = size;
    this.alpha = alpha;
    this.beta = beta;
    this.k = k;
  }

  /**
   * Makes the box for the paper's equation with n = 5, k = 2, β = 0.75 and α = 1e-4. The equation
   * does not divide α by n, although the paper's code did.
   */
  static krizhevsky2012(): LocalResponseNorm {
    return new LocalResponseNorm(5, { alpha: 5 * 1e-4, beta: 0.75, k: 2 });
  }

  /** Makes the box that computes the same as TensorFlow's operation with these arguments. */
  static fromTensorFlow(args: TensorFlowLRN = {}): LocalResponseNorm {
    checkOptions('LocalResponseNorm.fromTensorFlow', args, [
      'depthRadius',
      'bias',
      'alpha',
      'beta',
    ]);
    const { depthRadius = 5, bias = 1, alpha = 1, beta = 0.5 } = args;
    const size = 2 * depthRadius + 1;
    return new LocalResponseNorm(size, { alpha: size * alpha, beta, k: bias });
  }

  forward(input: Tensor): ForwardResult<Tensor, LocalResponseNormCache> {
    checkInput(this, input, 2);
    const [below, above] = this.#reach();
    return tidy(() => {
      const sums = sumOfChannels(square(input), below, above);
      const base = add(scalar(this.k), mul(sums, scalar(this.alpha / this.size)));
      const damping = inversePower(base, this.beta);
      return { output: mul(input, damping), cache: { input: input.clone(), base, damping } };
    });
  }

  backpropToInput(gradOutput: Tensor, { input, base, damping }: LocalResponseNormCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    const [below, above] = this.#reach();
    return tidy(() => {
      const direct = mul(gradOutput, damping);
      // The windows that contain channel c are those of the channels c − above to c + below.
      const shares = sumOfChannels(div(mul(direct, input), base), above, below);
      const factor = scalar((2 * this.alpha * this.beta) / this.size);
      return sub(direct, mul(mul(input, shares), factor));
    });
  }

  /** Zeiler & Fergus leave normalizations out of the deconvnet. */
  override project(signal: Tensor, cache: LocalResponseNormCache, rule: ProjectionRule): Tensor {
    if (rule !== 'deconvnet') return this.backpropToInput(signal, cache);
    checkGradOutput(this, 'project', signal, cache.input.shape);
    return signal.clone();
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input, 2);
    const [below, above] = this.#reach();
    const channels = input[input.length - 1];
    const window = samePositions(input, ([first, last]) =>
      clampInterval([first - below, last + above], channels),
    );
    return sameShape(input, window);
  }

  override describe(): string {
    return `LocalResponseNorm over ${this.size} channels`;
  }

  /** The number of channels in W(c) below c, and above c. */
  #reach(): [below: number, above: number] {
    return [Math.floor(this.size / 2), Math.ceil(this.size / 2) - 1];
  }
}
