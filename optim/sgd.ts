import { add, dispose, keep, mul, sub, tidy, zerosLike, type Tensor } from '@tensorflow/tfjs-core';
import { checkNumber, checkTensor, nameOf } from '../lib/check.ts';
import { BoxError } from '../lib/errors.ts';
import { scalar } from '../lib/kernels/constant.ts';
import { momentumStep } from '../lib/kernels/momentum.ts';
import type { Grads, Params } from '../lib/module.ts';

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
}

export class SGD {
  /** May be changed between steps. */
  learningRate: number;
  readonly params: Params;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
  /** v, by the name of its parameter. */
  #velocity: Record<string, Tensor> = {};

  constructor(params: Params, { learningRate, momentum = 0, nesterov = false, weightDecay = 0 }: SGDOptions) {
    checkNumber(this, 'learningRate', learningRate, 0);
    checkNumber(this, 'momentum', momentum, 0);
    checkNumber(this, 'weightDecay', weightDecay, 0);
    if (nesterov && momentum === 0)
      throw new BoxError([nameOf(this)], 'expected momentum above 0 with nesterov, got 0');
    this.params = params;
    this.learningRate = learningRate;
    this.momentum = momentum;
    this.nesterov = nesterov;
    this.weightDecay = weightDecay;
  }

  /** Moves every parameter against its gradient. The caller keeps, and disposes, the gradients. */
  step(grads: Grads): void {
    this.#check(grads);
    for (const [name, param] of Object.entries(this.params)) {
      const decayed =
        this.weightDecay === 0
          ? grads[name].clone()
          : tidy(() => add(grads[name], scaled(this.weightDecay, param)));
      const { [name]: velocity } = this.#velocity;
      const next =
        this.momentum === 0
          ? { param: tidy(() => sub(param, scaled(this.learningRate, decayed))) }
          : momentumStep(param, velocity ?? zerosLike(param), decayed, this);
      decayed.dispose();
      param.assign(next.param);
      next.param.dispose();
      if ('velocity' in next) this.#velocity[name] = keep(next.velocity);
    }
  }

  #check(grads: Grads): void {
    for (const name of new Set([...Object.keys(this.params), ...Object.keys(grads)])) {
      if (!(name in this.params)) {
        const known = Object.keys(this.params).join(', ');
        throw new BoxError(['SGD.step'], `expected gradients of ${known}, got one of ${name}`);
      }
      checkTensor(this, 'step', `the gradient of ${name}`, grads[name], this.params[name].shape);
    }
  }

  /** Lets the velocities go. */
  dispose(): void {
    dispose(this.#velocity);
    this.#velocity = {};
  }
}

function scaled(factor: number, x: Tensor): Tensor {
  return mul(x, scalar(factor));
}
