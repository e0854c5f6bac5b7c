import { add, dispose, div, mul, sqrt, square, sub, tidy, zerosLike } from '@tensorflow/tfjs-core';
import { checkNumber, checkPositive } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import type { Grads, Params } from '../lib/module.ts';
import { checkParamGroups, groupSettings, type ParamGroup } from './groups.ts';
import { checkGrads, Slots, type OptimizerState } from './state.ts';

/**
 * Adaptive gradients: a parameter that has moved much moves less. With learning rate ε, weight decay λ and learning-rate
 * decay δ, and t the number of the step from 1, for each parameter w:
 *
 *   g ← ∂E/∂w + λ w
 *   s ← s + g²                               (s starts at 0)
 *   w ← w − ε/(1 + (t − 1) δ) · g / (√s + eps)
 *
 * Errors: gradients whose names or shapes are not those of the parameters; then no parameter is changed.
 * Source: Duchi, Hazan, Singer 2011, in PyTorch's form.
 */
export interface AdagradOptions {
  learningRate: number;
  /** δ, 0 by default. */
  learningRateDecay?: number;
  /** 1e-10 by default. */
  eps?: number;
  weightDecay?: number;
  groups?: readonly ParamGroup[];
}

export class Adagrad {
  /** May be changed between steps. */
  learningRate: number;
  readonly params: Params;
  readonly learningRateDecay: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly groups: readonly ParamGroup[];
  #slots = new Slots(['sum']);
  #steps = 0;

  constructor(params: Params, options: AdagradOptions) {
    const {
      learningRate,
      learningRateDecay = 0,
      eps = 1e-10,
      weightDecay = 0,
      groups = [],
    } = options;
    checkNumber(this, 'learningRate', learningRate, 0);
    checkNumber(this, 'learningRateDecay', learningRateDecay, 0);
    checkPositive(this, 'eps', eps);
    checkNumber(this, 'weightDecay', weightDecay, 0);
    checkParamGroups(this, groups);
    this.params = params;
    this.learningRate = learningRate;
    this.learningRateDecay = learningRateDecay;
    this.eps = eps;
    this.weightDecay = weightDecay;
    this.groups = groups;
  }

  /** Moves every parameter against its gradient. The caller keeps, and disposes, the gradients. */
  step(grads: Grads): void {
    checkGrads(this, this.params, grads);
    const slowed = 1 + this.#steps * this.learningRateDecay;
    this.#steps++;
    const eps = scalar(this.eps);
    for (const [name, param] of Object.entries(this.params)) {
      const { learningRate, weightDecay } = groupSettings(name, this);
      const next = tidy(() => {
        const grad =
          weightDecay === 0 ? grads[name] : add(grads[name], mul(param, scalar(weightDecay)));
        const sum = add(this.#slots.get('sum', name) ?? zerosLike(param), square(grad));
        const moved = div(mul(grad, scalar(learningRate / slowed)), add(sqrt(sum), eps));
        return { sum, param: sub(param, moved) };
      });
      param.assign(next.param);
      next.param.dispose();
      this.#slots.set('sum', name, next.sum);
    }
    dispose(eps);
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
