import { add, div, mul, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core';
import { checkNumber, checkOptions, checkPositiveFloat } from '../lib/check.ts';
import type { Params } from '../lib/module.ts';
import {
  bounded,
  decayedGrad,
  ParamOptimizer,
  type OptimizerOptions,
  type ParamStep,
} from './paramOptimizer.ts';

/** The options of `Adagrad`. */
export interface AdagradOptions extends OptimizerOptions {
  /** δ, the decay of the learning rate; 0 by default. */
  readonly learningRateDecay?: number;
  /** A small term that keeps the quotient finite; 1e-10 by default. */
  readonly eps?: number;
}

/**
 * Adaptive gradients: the larger the past gradients of a parameter, the smaller its steps. With
 * learning rate ε, weight decay λ, learning-rate decay δ, and t = 1, 2, ... the number of the step,
 * for each parameter w:
 *
 *   g ← ∂E/∂w + λ w
 *   s ← s + g²                               (s starts at 0)
 *   w ← w − ε/(1 + (t − 1) δ) · g / (√s + eps)
 *
 * Each element of g is clipped to ±1e16, so that its square is finite in single precision.
 *
 * Errors: gradients whose names or shapes are not those of the parameters. No parameter is then
 *          changed.
 * Source: Duchi, Hazan, Singer 2011, in PyTorch's form.
 *
 *     const optimizer = new Adagrad(network.params, { learningRate: 0.01 });
 *     const loss = await trainStep({ network, cost, optimizer, input, target });
 */
export class Adagrad extends ParamOptimizer {
  /** δ, the decay of the learning rate. */
  readonly learningRateDecay: number;
  /** A small term that keeps the quotient finite. */
  readonly eps: number;

  constructor(params: Params, options: AdagradOptions) {
    const known = ['learningRate', 'learningRateDecay', 'eps', 'weightDecay', 'groups'] as const;
    checkOptions(new.target.name, options, known);
    super(params, options, ['sum']);
    const { learningRateDecay = 0, eps = 1e-10 } = options;
    checkNumber(this, 'learningRateDecay', learningRateDecay, 0);
    checkPositiveFloat(this, 'eps', eps);
    this.learningRateDecay = learningRateDecay;
    this.eps = eps;
  }

  protected update(step: ParamStep): { sum: Tensor } {
    const { param: w, learningRate, step: t, slot, scalars } = step;
    const g = bounded(decayedGrad(step));
    const s = add(slot('sum'), square(g));
    const rate = scalars.of(learningRate / (1 + (t - 1) * this.learningRateDecay));
    w.assign(sub(w, div(mul(g, rate), add(sqrt(s), scalars.of(this.eps)))));
    return { sum: s };
  }
}
