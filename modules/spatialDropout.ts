import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkOptions, checkRank, isTraining } from '../lib/check.ts';
import { checkDropProbability, dropMask } from '../lib/kernels/elementwise/dropMask.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type Context, type ForwardResult } from '../lib/module.ts';

/** The options of `SpatialDropout`. */
export interface SpatialDropoutOptions {
  /** The probability that a channel is set to 0; 0.5 by default. */
  readonly p?: number;
}

/** The values that `SpatialDropout` keeps for its backward method. */
export interface SpatialDropoutCache {
  readonly shape: readonly number[];
  /**
   * The mask m, of shape [N, 1, ..., 1, C]. It is present only after a forward pass in training.
   */
  readonly mask?: Tensor;
}

/**
 * Dropout of whole channels: in training, sets each channel of each example to 0 with probability
 * p, at all positions at once. Neighbouring pixels of a feature map are nearly equal, so dropping
 * single pixels would remove little information.
 *
 *   forward          x_out[n, ..., c] = m[n, c] x_in[n, ..., c]
 *   backpropToInput  ∂C/∂x_in[n, ..., c] = m[n, c] ∂C/∂x_out[n, ..., c]
 *
 *   in inference     x_out = x_in,  ∂C/∂x_in = ∂C/∂x_out
 *
 * where m[n, c] is 0 with probability p, else 1/(1 − p), which preserves the mean, as in `Dropout`.
 * Each forward pass in training draws a new mask m from `context.rng`, and stores it in the cache
 * for `backpropToInput`.
 *
 * Shapes: input, output, gradOutput [N, ..., C], with at least one axis of positions between N and
 *         C.
 * Errors: an input of rank below 3; an input or gradOutput that is not a float tensor; a gradOutput
 *         whose shape differs from the output's; a p outside
 *         [0, 1); an unknown mode; training without `context.rng`.
 * Source: Tompson et al. 2014, arXiv:1411.4280, section 3.2.
 *
 *     const box = new SpatialDropout({ p: 0.2 });
 *     box.forward(images, { mode: 'training', rng: new Rng(0) });   // about a fifth is 0
 */
export class SpatialDropout extends Module<Tensor, Tensor, SpatialDropoutCache> {
  override readonly hidesInfinity = false;
  readonly p: number;

  constructor(options: SpatialDropoutOptions = {}) {
    super();
    checkOptions(this, options, ['p']);
    const { p = 0.5 } = options;
    checkDropProbability(this, p);
    this.p = p;
  }

  forward(input: Tensor, context?: Context): ForwardResult<Tensor, SpatialDropoutCache> {
    checkInput(this, input, 3);
    const { shape } = input;
    if (!isTraining(this, context)) return { output: input.clone(), cache: { shape } };
    const last = input.rank - 1;
    const perChannel = shape.map((size, axis) => (axis === 0 || axis === last ? size : 1));
    const mask = dropMask(this, perChannel, this.p, context);
    return { output: mul(input, mask), cache: { shape, mask } };
  }

  backpropToInput(gradOutput: Tensor, { shape, mask }: SpatialDropoutCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, shape);
    return mask ? mul(gradOutput, mask) : gradOutput.clone();
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input, 3);
    return sameShape(input, 'identity');
  }

  override describe(): string {
    return `SpatialDropout ${this.p}`;
  }
}
