import { add, div, mul, relu, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { checkNumber, checkOptions, checkPositiveFloat, checkShare } from '../lib/check.ts';
import type { Params } from '../lib/module.ts';
import {
  bounded,
  decayedGrad,
  ParamOptimizer,
  type OptimizerOptions,
  type ParamStep,
} from './paramOptimizer.ts';

/** The options of `RMSProp`. */
export interface RMSPropOptions extends OptimizerOptions {
  /** α, the smoothing factor of the running means; 0.99 by default. */
  readonly alpha?: number;
  /** A small term that keeps the quotient finite; 1e-8 by default. */
  readonly eps?: number;
  /** The momentum μ; 0 by default. */
  readonly momentum?: number;
  /** Whether the mean of the gradients is subtracted; false by default. */
  readonly centered?: boolean;
}

/**
 * Divides each gradient by a running root mean square. With learning rate ε, smoothing α, momentum
 * μ and weight decay λ, for each parameter w:
 *
 *   g ← ∂E/∂w + λ w
 *   s ← α s + (1 − α) g²            (s, m, v start at 0)
 *   m ← α m + (1 − α) g             if centered, else m = 0
 *   d = g / (√max(s − m², 0) + eps)
 *   v ← μ v + d
 *   w ← w − ε v
 *
 * Each element of g is clipped to ±1e16, so that its square is finite in single precision.
 *
 * Errors: gradients whose names or shapes are not those of the parameters. No parameter is then
 *          changed.
 * Source: Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013, arXiv:1308.0850; in PyTorch's
 *         form.
 *
 *     const optimizer = new RMSProp(network.params, { learningRate: 1e-3, momentum: 0.9 });
 *     const loss = await trainStep({ network, cost, optimizer, input, target });
 */
export class RMSProp extends ParamOptimizer {
  /** α, the smoothing factor of the running means. */
  readonly alpha: number;
  /** A small term that keeps the quotient finite. */
  readonly eps: number;
  /** The momentum μ. */
  readonly momentum: number;
  /** Whether the mean of the gradients is subtracted. */
  readonly centered: boolean;

  constructor(params: Params, options: RMSPropOptions) {
    const own = ['alpha', 'eps', 'momentum', 'centered'] as const;
    checkOptions(new.target.name, options, ['learningRate', ...own, 'weightDecay', 'groups']);
    const { alpha = 0.99, eps = 1e-8, momentum = 0, centered = false } = options;
    const kinds = ['square', ...(centered ? ['mean'] : []), ...(momentum > 0 ? ['velocity'] : [])];
    super(params, options, kinds);
    checkShare(this, 'alpha', alpha);
    checkPositiveFloat(this, 'eps', eps);
    checkNumber(this, 'momentum', momentum, 0);
    this.alpha = alpha;
    this.eps = eps;
    this.momentum = momentum;
    this.centered = centered;
  }

  protected update(step: ParamStep): Readonly<Record<string, Tensor>> {
    const { param: w, learningRate, slot, scalars } = step;
    const [alpha, rest] = [scalars.of(this.alpha), scalars.of(1 - this.alpha)];
    const g = bounded(decayedGrad(step));
    const s = add(mul(slot('square'), alpha), mul(square(g), rest));
    const m = this.centered ? add(mul(slot('mean'), alpha), mul(g, rest)) : undefined;
    // Because of rounding, the difference of two equal squares can be negative.
    const variance = m === undefined ? s : relu(sub(s, square(m)));
    const d = div(g, add(sqrt(variance), scalars.of(this.eps)));
    const hasMomentum = this.momentum > 0;
    const v = hasMomentum ? add(mul(slot('velocity'), scalars.of(this.momentum)), d) : d;
    w.assign(sub(w, mul(v, scalars.of(learningRate))));
    return { square: s, ...(m && { mean: m }), ...(hasMomentum && { velocity: v }) };
  }
}
