import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput } from '../lib/check.ts';
import { checkDropProbability, dropMask } from '../lib/kernels/elementwise/dropMask.ts';
import { Module, type Context, type ForwardResult } from '../lib/module.ts';

/**
 * In training, silences each unit with probability p, so that none can rely on another; in inference it is the
 * identity. This is inverted dropout: what is kept is divided by 1 − p at once, which keeps the mean, where the paper
 * scales the weights by 1 − p at test time.
 *
 *   forward          x_out = m · x_in,  m_i = 0 with probability p, else 1/(1 − p)        (inference: x_out = x_in)
 *   backpropToInput  ∂C/∂x_in = m · ∂C/∂x_out                            (inference: ∂C/∂x_in = ∂C/∂x_out)
 *
 * The mask m is drawn from `context.rng`, anew for each element at each forward, and kept in the cache: the backward
 * follows what the forward did, whatever the mode is by then.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is no float tensor; a gradOutput of another shape than the output; a p outside
 *         [0, 1); training without `context.rng`.
 * Source: Hinton et al. 2012, arXiv:1207.0580; Srivastava et al., JMLR 2014, section 10, for the inverted form.
 */
export interface DropoutOptions {
  /** How likely a unit is silenced; 0.5 by default. */
  readonly p?: number;
}

export interface DropoutCache {
  readonly shape: readonly number[];
  /** m, after a forward in training. */
  readonly mask?: Tensor;
}

export class Dropout extends Module<Tensor, Tensor, DropoutCache> {
  readonly p: number;

  constructor({ p = 0.5 }: DropoutOptions = {}) {
    super();
    checkDropProbability(this, p);
    this.p = p;
  }

  forward(input: Tensor, context?: Context): ForwardResult<Tensor, DropoutCache> {
    checkInput(this, input);
    const { shape } = input;
    if (context?.mode !== 'training') return { output: input.clone(), cache: { shape } };
    const mask = dropMask(this, shape, this.p, context.rng);
    return { output: mul(input, mask), cache: { shape, mask } };
  }

  backpropToInput(gradOutput: Tensor, { shape, mask }: DropoutCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, shape);
    return mask ? mul(gradOutput, mask) : gradOutput.clone();
  }
}
