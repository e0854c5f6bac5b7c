import {
  add,
  mul,
  reshape,
  step,
  sub,
  tidy,
  type Rank,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkInput,
  checkNumber,
  checkOptions,
  checkRank,
  checkSize,
} from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { BoxError } from '../lib/errors.ts';
import { createParam, fill, type Initializer } from '../lib/init/initializers.ts';
import { negativePart, positivePart } from '../lib/kernels/elementwise/parts.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/** The options of `PReLU`. */
export interface PReLUOptions {
  /** The initial slope a, 0.25 by default as in the paper. */
  readonly init?: number | Initializer;
  /** The generator that draws the initial slope; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `PReLU` keeps for its backward methods. */
export interface PReLUCache {
  readonly input: Tensor;
}

/**
 * The parametric rectifier: the slope a for inputs below 0 is learned. There is one slope for all
 * channels, or one per channel c.
 *
 *   forward            x_out = max(0, x_in) + a_c min(0, x_in)
 *   backpropToInput    ∂C/∂x_in = ∂C/∂x_out · (1 where x_in > 0, a_c where x_in ≤ 0)
 *   backpropToParams   ∂C/∂a_c = Σ ∂C/∂x_out · min(0, x_in)
 *
 * The last sum runs over the batch and all positions of channel c; with one slope it runs over the
 * channels too. At 0 the output is 0 and the derivative is the slope a_c.
 *
 * Shapes: input, output, gradOutput [..., channels], or any shape if there is only one slope;
 *         weight (a) [numParameters].
 * Errors: an input or gradOutput of the wrong shape or dtype; a number of slopes below 1; an `init`
 *         that is not finite; a random `init` without `rng`.
 * Source: He et al. 2015, arXiv:1502.01852, equations 1, 10 and 11; section 2.1 excludes a from
 *         weight decay.
 *
 *     const box = new PReLU(64);   // one slope per channel of [N, H, W, 64]
 *     new PReLU().infer(tensor1d([-2, 3]));   // [-0.5, 3]
 */
export class PReLU extends Module<Tensor, Tensor, PReLUCache> {
  override readonly params: { readonly weight: Variable<Rank.R1> };
  override readonly noDecay = ['weight'];
  override readonly hidesInfinity = false;
  readonly numParameters: number;
  readonly #options: PReLUOptions;

  constructor(numParameters = 1, options: PReLUOptions = {}) {
    super();
    checkOptions(this, options, ['init', 'rng']);
    checkSize(this, 'numParameters', numParameters);
    const { init = 0.25, rng } = options;
    if (typeof init === 'number') checkNumber(this, 'init', init);
    const initializer = typeof init === 'number' ? fill(init) : init;
    const fan = { fanIn: 1, fanOut: 1 };
    this.numParameters = numParameters;
    this.#options = options;
    this.params = { weight: createParam(this, 'weight', [numParameters], fan, initializer, rng) };
  }

  forward(input: Tensor): ForwardResult<Tensor, PReLUCache> {
    checkInput(this, input);
    this.#checkChannels(input.shape);
    const output = tidy(() =>
      add(positivePart(input), mul(this.params.weight, negativePart(input))),
    );
    return { output, cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: PReLUCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => {
      const above = step(input);
      const slope = add(above, mul(this.params.weight, sub(scalar(1), above)));
      return mul(gradOutput, slope);
    });
  }

  override backpropToParams(gradOutput: Tensor, { input }: PReLUCache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, input.shape);
    const n = this.numParameters;
    const weight = tidy(() => {
      const products = mul(gradOutput, negativePart(input));
      return sumLeading(reshape(products, [input.size / n, n]));
    });
    return { weight };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    this.#checkChannels(input);
    return sameShape(input, 'elementwise');
  }

  override forInput(input: Shape, rng: Rng): PReLU {
    return new PReLU(input[input.length - 1], { ...this.#options, rng });
  }

  #checkChannels(shape: Shape): void {
    if (this.numParameters === 1 || shape.at(-1) === this.numParameters) return;
    throw new BoxError(
      ['PReLU.forward'],
      `expected input of shape [..., ${this.numParameters}], got [${shape.join(', ')}]`,
    );
  }
}
