import { sub, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, checkPositiveFloat, checkShare } from '../lib/check.ts';
import { adamMoments } from '../lib/kernels/elementwise/adam.ts';
import type { AdamMoments } from '../lib/kernels/elementwise/adamKernel.ts';
import type { Params } from '../lib/module.ts';
import {
  bounded,
  decayedGrad,
  ParamOptimizer,
  type OptimizerOptions,
  type ParamStep,
} from './paramOptimizer.ts';

/** The options of `Adam`. */
export interface AdamOptions extends OptimizerOptions {
  /** β₁ and β₂; 0.9 and 0.999 by default. */
  readonly betas?: readonly [number, number];
  /** A small term that keeps the quotient finite; 1e-8 by default. */
  readonly eps?: number;
}

/**
 * Adaptive moments. With learning rate ε, weight decay λ, and t = 1, 2, ... the number of the step,
 * for each parameter w:
 *
 *   g ← ∂E/∂w + λ w
 *   m ← β₁ m + (1 − β₁) g          (m, v start at 0)
 *   v ← β₂ v + (1 − β₂) g²
 *   w ← w − ε · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + eps)
 *
 * Each element of g is clipped to ±1e16, so that its square is finite in single precision.
 *
 * Errors: gradients whose names or shapes are not those of the parameters. No parameter is then
 *          changed.
 * Source: Kingma & Ba 2015, arXiv:1412.6980, algorithm 1; the weight decay as in PyTorch's `Adam`.
 *
 *     const optimizer = new Adam(network.params, { learningRate: 1e-3 });
 *     const loss = await trainStep({ network, cost, optimizer, input, target });
 */
export class Adam extends ParamOptimizer {
  /** The decay rates β₁ and β₂ of the moments. */
  readonly betas: readonly [number, number];
  /** A small term that keeps the quotient finite. */
  readonly eps: number;

  constructor(params: Params, options: AdamOptions) {
    const known = ['learningRate', 'betas', 'eps', 'weightDecay', 'groups'] as const;
    checkOptions(new.target.name, options, known);
    super(params, options, ['mean', 'square']);
    const { betas = [0.9, 0.999], eps = 1e-8 } = options;
    for (const beta of betas) checkShare(this, 'betas', beta);
    checkPositiveFloat(this, 'eps', eps);
    this.betas = betas;
    this.eps = eps;
  }

  protected update(step: ParamStep): Readonly<Record<string, Tensor>> {
    const { param: w } = step;
    const { mean, square, change } = adamChange(decayedGrad(step), step, this);
    w.assign(sub(w, change));
    return { mean, square };
  }
}

/**
 * Computes the new moments for a gradient g, and the change that is subtracted from the
 * parameter. `Adam` and `AdamW` use it:
 *
 *   m ← β₁ m + (1 − β₁) g
 *   v ← β₂ v + (1 − β₂) g²
 *   change = ε · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + eps)
 */
export function adamChange(
  gradient: Tensor,
  { slot, step, learningRate, scalars }: ParamStep,
  { betas: [beta1, beta2], eps }: Pick<Adam, 'betas' | 'eps'>,
): AdamMoments {
  const numbers = {
    betas: [beta1, beta2],
    rate: learningRate / (1 - beta1 ** step),
    scale: 1 / Math.sqrt(1 - beta2 ** step),
    eps,
  } as const;
  return adamMoments(bounded(gradient), slot('mean'), slot('square'), numbers, scalars);
}
