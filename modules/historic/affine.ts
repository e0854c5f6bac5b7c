import { add, mul, tidy, type Rank, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkOptions,
  checkSize,
  checkTrailingAxes,
  checkTrailingShape,
} from '../../lib/check.ts';
import { createParam, fill, zeros, type Initializer } from '../../lib/init/initializers.ts';
import { asRows } from '../../lib/kernels/matmul/matMul.ts';
import { sumLeading } from '../../lib/kernels/reduce/sumLeading.ts';
import { sameShape } from '../../lib/window.ts';
import type { Facts, Shape } from '../../lib/facts.ts';
import { Module, type ForwardResult } from '../../lib/module.ts';
import type { Rng } from '../../lib/rng.ts';

/** The options of `Affine`. */
export interface AffineOptions {
  /** Whether the box adds a bias b; true by default. */
  readonly bias?: boolean;
  /** The initial coefficients a, `fill(1)` by default. */
  readonly init?: Initializer;
  /** The generator that draws the initial coefficients; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `Affine` keeps for its backward methods. */
export interface AffineCache {
  readonly input: Tensor;
}

/**
 * Multiplies each feature by a coefficient, and adds a bias. A sum pool followed by this box is the
 * trainable subsampling of the LeNets. Without the bias, the box is the gain of a filter.
 *
 *   forward            x_out[..., c] = a_c x_in[..., c] + b_c
 *   backpropToInput    ∂C/∂x_in[..., c] = a_c ∂C/∂x_out[..., c]
 *   backpropToParams   ∂C/∂a_c = Σ ∂C/∂x_out[..., c] · x_in[..., c]
 *                      ∂C/∂b_c = Σ ∂C/∂x_out[..., c]
 *
 * with sums over the batch and all positions.
 *
 * Shapes: input, output, gradOutput [N, ..., features]; weight (a), bias (b) [features].
 * Errors: an input or gradOutput of the wrong shape or dtype; features below 1; a random `init`
 *         without `rng`.
 * Source: LeCun, Bottou, Bengio, Haffner 1998, section II.B, layer S2. Initially a = 1 and b = 0.
 *
 *     const box = new Affine(2, { init: values([3, -1]) });
 *     box.infer(tensor2d([[1, 2]]));   // [[3, -2]]
 */
export class Affine extends Module<Tensor, Tensor, AffineCache> {
  override readonly params: {
    readonly weight: Variable<Rank.R1>;
    readonly bias?: Variable<Rank.R1>;
  };
  override readonly noDecay = ['weight', 'bias'];
  override readonly hidesInfinity = false;
  readonly features: number;

  constructor(features: number, options: AffineOptions = {}) {
    super();
    checkOptions(this, options, ['bias', 'init', 'rng']);
    checkSize(this, 'features', features);
    const { bias = true, init = fill(1), rng } = options;
    const fan = { fanIn: 1, fanOut: 1 };
    this.features = features;
    this.params = {
      weight: createParam(this, 'weight', [features], fan, init, rng),
      ...(bias && { bias: createParam<Rank.R1>(this, 'bias', [features], fan, zeros) }),
    };
  }

  forward(input: Tensor): ForwardResult<Tensor, AffineCache> {
    checkTrailingShape(this, input, [this.features]);
    const { weight, bias } = this.params;
    const output = asRows(input, (rows) =>
      bias ? add(mul(rows, weight), bias) : mul(rows, weight),
    );
    return { output, cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: AffineCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return asRows(gradOutput, (rows) => mul(rows, this.params.weight));
  }

  override backpropToParams(gradOutput: Tensor, { input }: AffineCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, input.shape);
    return tidy(() => ({
      weight: sumLeading(mul(gradOutput, input)),
      ...(this.params.bias && { bias: sumLeading(gradOutput) }),
    }));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkTrailingAxes(this, input, [this.features]);
    return sameShape(input, 'elementwise');
  }
}
