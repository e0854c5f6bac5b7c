import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput } from '../lib/check.ts';
import { checkDropProbability, dropMask } from '../lib/kernels/elementwise/dropMask.ts';
import { Module, type Context, type ForwardResult } from '../lib/module.ts';

/**
 * Dropout of whole channels: in training, silences each channel of each example with probability p, at all positions
 * at once. Neighbouring pixels of a convolution say nearly the same, so dropping them one by one hides little.
 *
 *   forward          x_out[n, ..., c] = m[n, c] x_in[n, ..., c]        (inference: x_out = x_in)
 *   backpropToInput  ∂C/∂x_in[n, ..., c] = m[n, c] ∂C/∂x_out[n, ..., c]        (inference: ∂C/∂x_in = ∂C/∂x_out)
 *
 * with m[n, c] = 0 with probability p, else 1/(1 − p): the mean is kept, as in `Dropout`. The mask m is drawn from
 * `context.rng` at each forward and kept in the cache: the backward follows what the forward did.
 *
 * Shapes: input, output, gradOutput [N, ..., C], with one axis of positions or more between N and C.
 * Errors: an input of rank below 3; an input or gradOutput that is no float tensor; a gradOutput of another shape than
 *         the output; a p outside [0, 1); training without `context.rng`.
 * Source: Tompson et al. 2014, arXiv:1411.4280, section 3.2.
 */
export interface SpatialDropoutOptions {
  /** How likely a channel is silenced; 0.5 by default. */
  readonly p?: number;
}

export interface SpatialDropoutCache {
  readonly shape: readonly number[];
  /** m, of shape [N, 1, ..., 1, C], after a forward in training. */
  readonly mask?: Tensor;
}

export class SpatialDropout extends Module<Tensor, Tensor, SpatialDropoutCache> {
  readonly p: number;

  constructor({ p = 0.5 }: SpatialDropoutOptions = {}) {
    super();
    checkDropProbability(this, p);
    this.p = p;
  }

  forward(input: Tensor, context?: Context): ForwardResult<Tensor, SpatialDropoutCache> {
    checkInput(this, input, 3);
    const { shape } = input;
    if (context?.mode !== 'training') return { output: input.clone(), cache: { shape } };
    const last = input.rank - 1;
    const perChannel = shape.map((size, axis) => (axis === 0 || axis === last ? size : 1));
    const mask = dropMask(this, perChannel, this.p, context.rng);
    return { output: mul(input, mask), cache: { shape, mask } };
  }

  backpropToInput(gradOutput: Tensor, { shape, mask }: SpatialDropoutCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, shape);
    return mask ? mul(gradOutput, mask) : gradOutput.clone();
  }
}
