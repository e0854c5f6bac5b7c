import { add, mul, sub, tidy, zerosLike, type Tensor } from '@tensorflow/tfjs-core';
import { checkNumber, nameOf } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import { scalar, Scalars } from '../lib/constant.ts';
import { momentumStep } from '../lib/kernels/elementwise/momentum.ts';
import type { Grads, Params } from '../lib/module.ts';
import { checkParamGroups, groupSettings, type ParamGroup } from './groups.ts';
import { checkGrads, Slots, type OptimizerState } from './state.ts';

/**
 * Stochastic gradient descent. With learning rate ε, momentum μ and weight decay λ, for each parameter w:
 *
 *   g ← ∂E/∂w + λ w
 *   v ← μ v + g                  (v starts at 0)
 *   w ← w − ε v,  or  w ← w − ε (g + μ v)  with Nesterov's momentum
 *
 * The lecture writes w ← w + η ∂E/∂w with a negative η: ε = −η.
 *
 * Errors: gradients whose names or shapes are not those of the parameters; then no parameter is changed.
 * Source: lecture, "Backpropagation: summary"; Sutskever et al. 2013 in PyTorch's form, where ε multiplies all of v.
 */
export interface SGDOptions {
  learningRate: number;
  momentum?: number;
  nesterov?: boolean;
  weightDecay?: number;
  groups?: readonly ParamGroup[];
}

export class SGD {
  /** May be changed between steps. */
  learningRate: number;
  readonly params: Params;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  readonly groups: readonly ParamGroup[];
  #slots: Slots;

  constructor(params: Params, options: SGDOptions) {
    const { learningRate, momentum = 0, nesterov = false, weightDecay = 0, groups = [] } = options;
    checkNumber(this, 'learningRate', learningRate, 0);
    checkNumber(this, 'momentum', momentum, 0);
    checkNumber(this, 'weightDecay', weightDecay, 0);
    checkParamGroups(this, groups);
    if (nesterov && momentum === 0)
      throw new BoxError([nameOf(this)], 'expected momentum above 0 with nesterov, got 0');
    this.params = params;
    this.learningRate = learningRate;
    this.momentum = momentum;
    this.nesterov = nesterov;
    this.weightDecay = weightDecay;
    this.groups = groups;
    this.#slots = new Slots(momentum > 0 ? ['velocity'] : []);
  }

  /** Moves every parameter against its gradient. The caller keeps, and disposes, the gradients. */
  step(grads: Grads): void {
    checkGrads(this, this.params, grads);
    const { momentum, nesterov } = this;
    const scalars = new Scalars();
    try {
      for (const [name, param] of Object.entries(this.params)) {
        const { learningRate, weightDecay } = groupSettings(name, this);
        const decayed =
          weightDecay === 0
            ? grads[name].clone()
            : tidy(() => add(grads[name], scaled(weightDecay, param)));
        if (momentum === 0) tidy(() => param.assign(sub(param, scaled(learningRate, decayed))));
        else {
          const velocity = this.#slots.get('velocity', name) ?? zerosLike(param);
          const options = { learningRate, momentum, nesterov };
          this.#slots.set(
            'velocity',
            name,
            momentumStep(param, velocity, decayed, options, scalars),
          );
        }
        decayed.dispose();
      }
    } finally {
      scalars.dispose();
    }
  }

  state(): OptimizerState {
    return { tensors: this.#slots.tensors, numbers: {} };
  }

  /** Errors: tensors of another optimizer or network. */
  restore({ tensors }: OptimizerState): void {
    this.#slots.restore(this, this.params, tensors);
  }

  /** Lets the velocities go. */
  dispose(): void {
    this.#slots.dispose();
  }
}

function scaled(factor: number, x: Tensor): Tensor {
  return mul(x, scalar(factor));
}
