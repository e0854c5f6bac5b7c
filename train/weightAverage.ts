import { add, mul, sub, variable, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { checkOptions, nameOf } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module, Params } from '../lib/module.ts';

/** The options of `WeightAverage`. */
export interface WeightAverageOptions {
  /** d, the weight of the earlier average in each step, from 0 to below 1; 0.999 by default. */
  readonly decay?: number;
}

/**
 * An exponential moving average of the weights of a network, which often generalizes better than
 * the last weights. After step t = 0, 1, ... of a training, for each parameter and buffer w:
 *
 *   d_t = min(d, (1 + t)/(10 + t))
 *   a ← a + (1 − d_t) (w − a)         (a starts as a copy of w)
 *
 * At the start d_t is small, so that the initial weights are soon forgotten. The running statistics
 * of BatchNorm are averaged in the same way, because they belong to the weights of their step. A
 * value that does not change, such as a frozen one, keeps every bit.
 *
 * A `Trainer` with `average` updates it after each step. Validation and `onEpoch` then see the
 * averaged weights in the network, and the steps and `checkpoint` the others.
 *
 * Errors: a decay outside 0 ... 1, or 1; an unknown option.
 * Source: Polyak & Juditsky 1992; the d_t of TensorFlow's `ExponentialMovingAverage`.
 *
 *     const average = new WeightAverage(network, { decay: 0.999 });
 *     await new Trainer({ network, average, ...options }).run();
 *     average.assign();
 */
export class WeightAverage {
  /** d, the largest weight of the earlier average. */
  readonly decay: number;
  /** The averages, under the names of the parameters and buffers. */
  readonly tensors: Params;
  readonly #weights: Params;

  constructor(network: Pick<Module, 'params' | 'buffers'>, options: WeightAverageOptions = {}) {
    checkOptions(this, options, ['decay']);
    const { decay = 0.999 } = options;
    if (!(typeof decay === 'number' && decay >= 0 && decay < 1)) {
      throw new InputError(
        `${nameOf(this)}: expected decay to be a number from 0 to below 1, got ${show(decay)}`,
      );
    }
    this.decay = decay;
    this.#weights = { ...network.params, ...network.buffers };
    this.tensors = Object.fromEntries(
      Object.entries(this.#weights).map(([name, weight]) => [
        name,
        variable(weight, false, undefined, weight.dtype),
      ]),
    );
  }

  /** Adds the weights after a step, counted from 0, to the averages. */
  update(step: number): void {
    const rest = 1 - Math.min(this.decay, (1 + step) / (10 + step));
    tidy(() => {
      const part = scalar(rest);
      for (const [weight, average] of this.#pairs())
        average.assign(add(average, mul(sub(weight, average), part)));
    });
  }

  /** Sets the network's weights to the averages. */
  assign(): void {
    for (const [weight, average] of this.#pairs()) tidy(() => weight.assign(average.clone()));
  }

  /**
   * Runs a function while the network has the averaged weights. Afterwards it has its own again,
   * bit for bit, also if the function throws.
   */
  async during<T>(run: () => Promise<T>): Promise<T> {
    const own: [Variable, Tensor][] = this.#pairs().map(([weight]) => [weight, weight.clone()]);
    this.assign();
    try {
      return await run();
    } finally {
      for (const [weight, value] of own) if (!weight.isDisposed) weight.assign(value);
      disposeTensors(own.map(([, value]) => value));
    }
  }

  /** Disposes the averages. */
  dispose(): void {
    disposeTensors(this.tensors);
  }

  #pairs(): [weight: Variable, average: Variable][] {
    return Object.entries(this.#weights).map(([name, weight]) => [weight, this.tensors[name]]);
  }
}
