import { add, mul, tidy, zerosLike, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { checkNumber, checkPositiveFloat, checkSize } from '../lib/check.ts';
import { bound } from '../lib/kernels/elementwise/bound.ts';
import { Scalars } from '../lib/constant.ts';
import type { Grads, Params } from '../lib/module.ts';
import { checkParamGroups, groupSettings, type ParamGroup } from './groups.ts';
import { checkGrads, Slots, type OptimizerState, type OptimizerWithState } from './state.ts';

/** The options that all optimizers share. */
export interface OptimizerOptions {
  /** ε, the learning rate. */
  readonly learningRate: number;
  /** λ, the weight decay; 0 by default, except for `AdamW`. */
  readonly weightDecay?: number;
  /**
   * Groups of parameters with a different learning rate or weight decay, such as
   * `[withoutDecay(network)]`.
   */
  readonly groups?: readonly ParamGroup[];
}

/** The data for one step of one parameter. */
export interface ParamStep {
  /** The parameter w, to which `update` assigns the new value. */
  readonly param: Variable;
  /** The gradient ∂E/∂w. */
  readonly grad: Tensor;
  /** The learning rate ε of the parameter's group. */
  readonly learningRate: number;
  /** The weight decay λ of the parameter's group. */
  readonly weightDecay: number;
  /** The number t of the step, counted from 1. */
  readonly step: number;
  /**
   * Returns the tensor of this kind that the previous step returned, or zeros at the first step.
   */
  readonly slot: (kind: string) => Tensor;
  /** Scalar tensors that all parameters of the step share. */
  readonly scalars: Scalars;
}

/**
 * The code that all optimizers share: the loop over the parameters, their groups, and the tensors
 * that are kept between steps. A subclass implements its equation in `update`.
 */
export abstract class ParamOptimizer implements OptimizerWithState {
  /** The learning rate ε. It may be changed between steps. */
  learningRate: number;
  /** The parameters that the optimizer updates. */
  readonly params: Params;
  /** The weight decay λ. */
  readonly weightDecay: number;
  /** The groups of parameters that have their own learning rate or weight decay. */
  readonly groups: readonly ParamGroup[];
  readonly #slots: Slots;
  #steps = 0;

  /** @param kinds the kinds of tensors that `update` returns. */
  constructor(
    params: Params,
    { learningRate, weightDecay = 0, groups = [] }: OptimizerOptions,
    kinds: readonly string[],
  ) {
    checkNumber(this, 'learningRate', learningRate, 0);
    if (learningRate > 0) checkPositiveFloat(this, 'learningRate', learningRate);
    checkNumber(this, 'weightDecay', weightDecay, 0);
    checkParamGroups(this, groups);
    this.params = params;
    this.learningRate = learningRate;
    this.weightDecay = weightDecay;
    this.groups = groups;
    this.#slots = new Slots(kinds);
  }

  /**
   * Assigns the new value to a parameter. It is called inside a `tidy`.
   *
   * @returns the tensors to keep for the next step, by kind.
   */
  protected abstract update(step: ParamStep): Readonly<Record<string, Tensor>>;

  /** Updates every parameter with its gradient. The caller still owns the gradients. */
  step(grads: Grads): void {
    checkGrads(this, this.params, grads);
    // A schedule may have changed the learning rate since the constructor checked it. With a
    // negative rate, the loss would increase without an error.
    checkNumber(this, 'learningRate', this.learningRate, 0);
    this.#steps++;
    const scalars = new Scalars();
    try {
      for (const [name, param] of Object.entries(this.params)) {
        const kept = tidy(() =>
          this.update({
            param,
            grad: grads[name],
            ...groupSettings(name, this),
            step: this.#steps,
            slot: (kind) => this.#slots.get(kind, name) ?? zerosLike(param),
            scalars,
          }),
        );
        for (const [kind, value] of Object.entries(kept)) this.#slots.set(kind, name, value);
      }
    } finally {
      scalars.dispose();
    }
  }

  /** Returns the tensors that the optimizer keeps, and the number of its steps. */
  state(): OptimizerState {
    return { tensors: this.#slots.tensors, scalars: { steps: this.#steps } };
  }

  /** Continues from a saved state. Throws if the state belongs to another optimizer or network. */
  restore({ tensors, scalars }: OptimizerState): void {
    checkSize(this, 'steps', scalars.steps, 0);
    this.#slots.restore(this, this.params, tensors);
    this.#steps = scalars.steps;
  }

  /** Disposes the tensors that the optimizer keeps, and starts counting steps from 0 again. */
  dispose(): void {
    this.#slots.dispose();
    this.#steps = 0;
  }
}

/**
 * The largest |g| that `bounded` leaves unchanged. Its square, and the sum of a million such
 * squares, are finite in single precision.
 */
const LARGEST_GRADIENT = 1e16;

/**
 * Clips a gradient to ±1e16 before it is squared. The square of a gradient above 1.8e19 is infinite
 * in single precision, and an optimizer that divides by its root would never change the weight
 * again. Clipping hardly changes this quotient, which depends only on ratios of gradients. A
 * gradient that is not finite stays so, and makes the weight not finite.
 */
export function bounded(g: Tensor): Tensor {
  return bound(g, LARGEST_GRADIENT);
}

/** Returns g = ∂E/∂w + λ w, the gradient with weight decay. */
export function decayedGrad({ param, grad, weightDecay, scalars }: ParamStep): Tensor {
  return weightDecay === 0 ? grad : add(grad, mul(param, scalars.of(weightDecay)));
}
