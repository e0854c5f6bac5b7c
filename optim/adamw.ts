import { add, dispose, div, mul, sqrt, square, sub, tidy, zerosLike } from '@tensorflow/tfjs-core';
import { checkNumber, checkPositive, checkShare } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import type { Grads, Params } from '../lib/module.ts';
import { checkParamGroups, groupSettings, type ParamGroup } from './groups.ts';
import { checkGrads, Slots, type OptimizerState } from './state.ts';

/**
 * Adam with a weight decay that does not pass through the moments. With learning rate ε, weight decay λ, and t the
 * number of the step from 1, for each parameter w:
 *
 *   g ← ∂E/∂w
 *   m ← β₁ m + (1 − β₁) g          (m, v start at 0)
 *   v ← β₂ v + (1 − β₂) g²
 *   w ← w − ε λ w − ε · m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + eps)
 *
 * Errors: gradients whose names or shapes are not those of the parameters; then no parameter is changed.
 * Source: Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2, in PyTorch's form, where ε multiplies λ too.
 */
export interface AdamWOptions {
  learningRate: number;
  /** β₁ and β₂; 0.9 and 0.999 by default. */
  betas?: readonly [number, number];
  /** 1e-8 by default. */
  eps?: number;
  /** 0.01 by default. */
  weightDecay?: number;
  groups?: readonly ParamGroup[];
}

export class AdamW {
  /** May be changed between steps. */
  learningRate: number;
  readonly params: Params;
  readonly betas: readonly [number, number];
  readonly eps: number;
  readonly weightDecay: number;
  readonly groups: readonly ParamGroup[];
  #slots = new Slots(['mean', 'square']);
  #steps = 0;

  constructor(params: Params, options: AdamWOptions) {
    const {
      learningRate,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0.01,
      groups = [],
    } = options;
    checkNumber(this, 'learningRate', learningRate, 0);
    for (const beta of betas) checkShare(this, 'betas', beta);
    checkPositive(this, 'eps', eps);
    checkNumber(this, 'weightDecay', weightDecay, 0);
    checkParamGroups(this, groups);
    this.params = params;
    this.learningRate = learningRate;
    this.betas = betas;
    this.eps = eps;
    this.weightDecay = weightDecay;
    this.groups = groups;
  }

  /** Moves every parameter against its gradient. The caller keeps, and disposes, the gradients. */
  step(grads: Grads): void {
    checkGrads(this, this.params, grads);
    this.#steps++;
    const [beta1, beta2] = this.betas;
    const [b1, b2, rest1, rest2, eps] = [beta1, beta2, 1 - beta1, 1 - beta2, this.eps].map(scalar);
    const unbias = scalar(1 / Math.sqrt(1 - beta2 ** this.#steps));
    for (const [name, param] of Object.entries(this.params)) {
      const { learningRate, weightDecay } = groupSettings(name, this);
      const next = tidy(() => {
        const grad = grads[name];
        const decayed =
          weightDecay === 0 ? param : mul(param, scalar(1 - learningRate * weightDecay));
        const mean = add(
          mul(this.#slots.get('mean', name) ?? zerosLike(param), b1),
          mul(grad, rest1),
        );
        const square2 = add(
          mul(this.#slots.get('square', name) ?? zerosLike(param), b2),
          mul(square(grad), rest2),
        );
        const rate = scalar(learningRate / (1 - beta1 ** this.#steps));
        const moved = div(mul(mean, rate), add(mul(sqrt(square2), unbias), eps));
        return { mean, square: square2, param: sub(decayed, moved) };
      });
      param.assign(next.param);
      next.param.dispose();
      this.#slots.set('mean', name, next.mean);
      this.#slots.set('square', name, next.square);
    }
    dispose([b1, b2, rest1, rest2, eps, unbias]);
  }

  state(): OptimizerState {
    return { tensors: this.#slots.tensors, numbers: { steps: this.#steps } };
  }

  /** Errors: tensors of another optimizer or network. */
  restore({ tensors, numbers }: OptimizerState): void {
    this.#slots.restore(this, this.params, tensors);
    this.#steps = numbers.steps;
  }

  /** Lets what it keeps go. */
  dispose(): void {
    this.#slots.dispose();
    this.#steps = 0;
  }
}
