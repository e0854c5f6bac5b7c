import {
  add,
  mul,
  relu,
  reshape,
  sub,
  step,
  tidy,
  type Rank,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkNumber, checkSize } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import { createParam, fill, type Initializer } from '../lib/init/initializers.ts';
import { scalar } from '../lib/constant.ts';
import { negativePart } from '../lib/kernels/elementwise/negativePart.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/**
 * The parametric rectifier: its slope below 0 is learned, one for all or one for each channel c.
 *
 *   forward            x_out = max(0, x_in) + a_c min(0, x_in)
 *   backpropToInput    ∂C/∂x_in = ∂C/∂x_out · (1 where x_in > 0, a_c where x_in ≤ 0)
 *   backpropToParams   ∂C/∂a_c = Σ ∂C/∂x_out · min(0, x_in), over the batch and all positions of channel c
 *
 * With one slope the last sum runs over the channels too. At 0 the output is 0 and the derivative is the slope a_c.
 * The paper puts no weight decay on a.
 *
 * Shapes: input, output, gradOutput [..., channels], or any with one slope; weight (that is a) [numParameters].
 * Errors: an input or gradOutput of another shape or dtype; a number of slopes below 1; an `init` that is not finite,
 *         or random without `rng`.
 * Source: He et al. 2015, arXiv:1502.01852, equations 1, 10 and 11.
 */
export interface PReLUOptions {
  /** 0.25 by default, as in the paper. */
  readonly init?: number | Initializer;
  readonly rng?: Rng;
}

export interface PReLUCache {
  readonly input: Tensor;
}

export class PReLU extends Module<Tensor, Tensor, PReLUCache> {
  override readonly params: { readonly weight: Variable<Rank.R1> };
  readonly numParameters: number;

  constructor(numParameters = 1, options: PReLUOptions = {}) {
    super();
    checkSize(this, 'numParameters', numParameters);
    const { init = 0.25, rng } = options;
    if (typeof init === 'number') checkNumber(this, 'init', init);
    const initializer = typeof init === 'number' ? fill(init) : init;
    const fan = { fanIn: 1, fanOut: 1 };
    this.numParameters = numParameters;
    this.params = { weight: createParam(this, 'weight', [numParameters], fan, initializer, rng) };
  }

  forward(input: Tensor): ForwardResult<Tensor, PReLUCache> {
    checkInput(this, input);
    const channels = input.shape[input.rank - 1];
    if (this.numParameters > 1 && channels !== this.numParameters) {
      throw new BoxError(
        ['PReLU.forward'],
        `expected input of shape [..., ${this.numParameters}], got [${input.shape.join(', ')}]`,
      );
    }
    const output = tidy(() => add(relu(input), mul(this.params.weight, negativePart(input))));
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
      const shares = mul(gradOutput, negativePart(input));
      return sumLeading(reshape(shares, [input.size / n, n]));
    });
    return { weight };
  }
}
