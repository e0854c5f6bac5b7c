import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkOptions, checkRank, isTraining } from '../lib/check.ts';
import { checkDropProbability, dropMask } from '../lib/kernels/elementwise/dropMask.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type Context, type ForwardResult } from '../lib/module.ts';

/** The options of `Dropout`. */
export interface DropoutOptions {
  /** The probability that a unit is set to 0; 0.5 by default. */
  readonly p?: number;
}

/** The values that `Dropout` keeps for its backward method. */
export interface DropoutCache {
  readonly shape: readonly number[];
  /** The mask m. It is present only after a forward pass in training. */
  readonly mask?: Tensor;
}

/**
 * In training, sets each unit to 0 with probability p, so that no unit can rely on another; in
 * inference it is the identity. This is inverted dropout: the other units are divided by 1 − p,
 * which preserves the mean. The paper scales the weights by 1 − p at test time instead.
 *
 *   forward          x_out = m · x_in,  m_i = 0 with probability p, else 1/(1 − p)
 *   backpropToInput  ∂C/∂x_in = m · ∂C/∂x_out
 *
 *   in inference     x_out = x_in,  ∂C/∂x_in = ∂C/∂x_out
 *
 * Each forward pass in training draws a new mask m from `context.rng`, with one element per unit,
 * and stores it in the cache for `backpropToInput`.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's; a p outside [0, 1); an unknown mode; training without `context.rng`.
 * Source: Hinton et al. 2012, arXiv:1207.0580; Srivastava et al., JMLR 2014, section 10, for the
 *         inverted form.
 *
 *     const box = new Dropout({ p: 0.2 });
 *     box.forward(input, { mode: 'training', rng: new Rng(0) });   // about a fifth is 0
 */
export class Dropout extends Module<Tensor, Tensor, DropoutCache> {
  override readonly hidesInfinity = false;
  readonly p: number;

  constructor(options: DropoutOptions = {}) {
    super();
    checkOptions(this, options, ['p']);
    const { p = 0.5 } = options;
    checkDropProbability(this, p);
    this.p = p;
  }

  forward(input: Tensor, context?: Context): ForwardResult<Tensor, DropoutCache> {
    checkInput(this, input);
    const { shape } = input;
    if (!isTraining(this, context)) return { output: input.clone(), cache: { shape } };
    const mask = dropMask(this, shape, this.p, context);
    return { output: mul(input, mask), cache: { shape, mask } };
  }

  backpropToInput(gradOutput: Tensor, { shape, mask }: DropoutCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, shape);
    return mask ? mul(gradOutput, mask) : gradOutput.clone();
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'identity');
  }

  override describe(): string {
    return `Dropout ${this.p}`;
  }
}
