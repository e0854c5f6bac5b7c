import { mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import type { Params } from '../lib/module.ts';
import { Adam, adamChange, type AdamOptions } from './adam.ts';
import type { ParamStep } from './paramOptimizer.ts';

/** The options of `AdamW`; the weight decay is 0.01 by default. */
export type AdamWOptions = AdamOptions;

/**
 * Adam with a weight decay that does not pass through the moments. With learning rate ε, weight
 * decay λ, and t = 1, 2, ... the number of the step, for each parameter w:
 *
 *   g ← ∂E/∂w
 *   m ← β₁ m + (1 − β₁) g          (m, v start at 0)
 *   v ← β₂ v + (1 − β₂) g²
 *   w ← w − ε λ w − ε · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + eps)
 *
 * Each element of g is clipped to ±1e16, so that its square is finite in single precision.
 *
 * Errors: gradients whose names or shapes are not those of the parameters. No parameter is then
 *          changed.
 * Source: Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2, in PyTorch's form, in which λ is
 *         multiplied by ε.
 *
 *     const groups = [withoutDecay(network)];
 *     const optimizer = new AdamW(network.params, { learningRate: 1e-3, groups });
 */
export class AdamW extends Adam {
  constructor(params: Params, { weightDecay = 0.01, ...options }: AdamWOptions) {
    super(params, { ...options, weightDecay });
  }

  protected override update(step: ParamStep): Readonly<Record<string, Tensor>> {
    const { param: w, grad: g, learningRate, weightDecay, scalars } = step;
    const { mean, square, change } = adamChange(g, step, this);
    const decayed = weightDecay === 0 ? w : mul(w, scalars.of(1 - learningRate * weightDecay));
    w.assign(sub(decayed, change));
    return { mean, square };
  }
}
