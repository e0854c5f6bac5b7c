import { mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import { checkNumber, checkOptions, nameOf } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import { momentumStep } from '../lib/kernels/elementwise/momentum.ts';
import type { Params } from '../lib/module.ts';
import {
  decayedGrad,
  ParamOptimizer,
  type OptimizerOptions,
  type ParamStep,
} from './paramOptimizer.ts';

/** The options of `SGD`. */
export interface SGDOptions extends OptimizerOptions {
  /** The momentum μ; 0 by default. */
  readonly momentum?: number;
  /** Whether Nesterov momentum is used; false by default. */
  readonly nesterov?: boolean;
}

/**
 * Stochastic gradient descent. With learning rate ε, momentum μ and weight decay λ, for each
 * parameter w:
 *
 *   g ← ∂E/∂w + λ w
 *   v ← μ v + g                  (v starts at 0)
 *   w ← w − ε v,  or  w ← w − ε (g + μ v)  with Nesterov's momentum
 *
 * The lecture writes w ← w + η ∂E/∂w with a negative η, so ε = −η.
 *
 * Errors: gradients whose names or shapes are not those of the parameters. No parameter is then
 *          changed.
 * Source: lecture, "Backpropagation: summary"; Sutskever et al. 2013, in PyTorch's form, in which v
 *         is multiplied by ε.
 *
 *     const optimizer = new SGD(network.params, { learningRate: 0.01, momentum: 0.9 });
 *     const loss = await trainStep({ network, cost, optimizer, input, target });
 */
export class SGD extends ParamOptimizer {
  /** The momentum μ. */
  readonly momentum: number;
  /** Whether Nesterov momentum is used. */
  readonly nesterov: boolean;

  constructor(params: Params, options: SGDOptions) {
    const known = ['learningRate', 'momentum', 'nesterov', 'weightDecay', 'groups'] as const;
    checkOptions(new.target.name, options, known);
    const { momentum = 0, nesterov = false } = options;
    super(params, options, momentum > 0 ? ['velocity'] : []);
    checkNumber(this, 'momentum', momentum, 0);
    if (nesterov && momentum === 0)
      throw new BoxError([nameOf(this)], 'expected momentum above 0 with nesterov, got 0');
    this.momentum = momentum;
    this.nesterov = nesterov;
  }

  protected update(step: ParamStep): { velocity?: Tensor } {
    const { param: w, learningRate, slot, scalars } = step;
    const { momentum, nesterov } = this;
    const g = decayedGrad(step);
    if (momentum === 0) {
      w.assign(sub(w, mul(g, scalars.of(learningRate))));
      return {};
    }
    const options = { learningRate, momentum, nesterov };
    return { velocity: momentumStep(w, slot('velocity'), g, options, scalars) };
  }
}
