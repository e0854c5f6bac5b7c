import {
  add,
  dispose,
  div,
  mul,
  sqrt,
  square,
  sub,
  tidy,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { checkNumber, checkPositive, checkShare } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import type { Grads, Params } from '../lib/module.ts';
import { checkParamGroups, groupSettings, type ParamGroup } from './groups.ts';
import { checkGrads, Slots, type OptimizerState } from './state.ts';

/**
 * Gradients divided by a running root mean square. With learning rate ε, smoothing α, momentum μ and weight decay λ, for
 * each parameter w:
 *
 *   g ← ∂E/∂w + λ w
 *   s ← α s + (1 − α) g²            (s, m, v start at 0)
 *   m ← α m + (1 − α) g             if centered, else m = 0
 *   d = g / (√(s − m²) + eps)
 *   v ← μ v + d
 *   w ← w − ε v
 *
 * Errors: gradients whose names or shapes are not those of the parameters; then no parameter is changed.
 * Source: Tieleman & Hinton 2012, lecture 6.5; centered: Graves 2013, arXiv:1308.0850; in PyTorch's form.
 */
export interface RMSPropOptions {
  learningRate: number;
  /** 0.99 by default. */
  alpha?: number;
  /** 1e-8 by default. */
  eps?: number;
  momentum?: number;
  centered?: boolean;
  weightDecay?: number;
  groups?: readonly ParamGroup[];
}

export class RMSProp {
  /** May be changed between steps. */
  learningRate: number;
  readonly params: Params;
  readonly alpha: number;
  readonly eps: number;
  readonly momentum: number;
  readonly centered: boolean;
  readonly weightDecay: number;
  readonly groups: readonly ParamGroup[];
  #slots: Slots;

  constructor(params: Params, options: RMSPropOptions) {
    const {
      learningRate,
      alpha = 0.99,
      eps = 1e-8,
      momentum = 0,
      centered = false,
      weightDecay = 0,
      groups = [],
    } = options;
    checkNumber(this, 'learningRate', learningRate, 0);
    checkShare(this, 'alpha', alpha);
    checkPositive(this, 'eps', eps);
    checkNumber(this, 'momentum', momentum, 0);
    checkNumber(this, 'weightDecay', weightDecay, 0);
    checkParamGroups(this, groups);
    this.params = params;
    this.learningRate = learningRate;
    this.alpha = alpha;
    this.eps = eps;
    this.momentum = momentum;
    this.centered = centered;
    this.#slots = new Slots([
      'square',
      ...(centered ? ['mean'] : []),
      ...(momentum > 0 ? ['velocity'] : []),
    ]);
    this.weightDecay = weightDecay;
    this.groups = groups;
  }

  /** Moves every parameter against its gradient. The caller keeps, and disposes, the gradients. */
  step(grads: Grads): void {
    checkGrads(this, this.params, grads);
    const [alpha, rest, eps, momentum] = [this.alpha, 1 - this.alpha, this.eps, this.momentum].map(
      scalar,
    );
    for (const [name, param] of Object.entries(this.params)) {
      const { learningRate, weightDecay } = groupSettings(name, this);
      const before = (kind: string) => this.#slots.get(kind, name) ?? zerosLike(param);
      const { moved, ...kept } = tidy((): { moved: Tensor; [kind: string]: Tensor } => {
        const grad =
          weightDecay === 0 ? grads[name] : add(grads[name], mul(param, scalar(weightDecay)));
        const next: Record<string, Tensor> = {
          square: add(mul(before('square'), alpha), mul(square(grad), rest)),
        };
        if (this.centered) next.mean = add(mul(before('mean'), alpha), mul(grad, rest));
        const spread = this.centered ? sub(next.square, square(next.mean)) : next.square;
        let direction = div(grad, add(sqrt(spread), eps));
        if (this.momentum > 0)
          direction = next.velocity = add(mul(before('velocity'), momentum), direction);
        return { ...next, moved: sub(param, mul(direction, scalar(learningRate))) };
      });
      param.assign(moved);
      moved.dispose();
      for (const [kind, value] of Object.entries(kept)) this.#slots.set(kind, name, value);
    }
    dispose([alpha, rest, eps, momentum]);
  }

  state(): OptimizerState {
    return { tensors: this.#slots.tensors, numbers: {} };
  }

  /** Errors: tensors of another optimizer or network. */
  restore({ tensors }: OptimizerState): void {
    this.#slots.restore(this, this.params, tensors);
  }

  /** Lets what it keeps go. */
  dispose(): void {
    this.#slots.dispose();
  }
}
