import {
  add,
  clipByValue as clip,
  div,
  minimum,
  mul,
  sqrt,
  square,
  stack,
  sum,
} from '@tensorflow/tfjs-core';
import { scalar } from '../lib/constant.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Grads } from '../lib/module.ts';
import type { OptimizerState } from './state.ts';

/** Each number of the gradients moved into −limit ... limit. New tensors. */
export function clipByValue(grads: Grads, limit: number): Grads {
  checkLimit('clipByValue', limit);
  return tidy(() =>
    Object.fromEntries(
      Object.entries(grads).map(([name, grad]) => [name, clip(grad, -limit, limit)]),
    ),
  );
}

/**
 * All gradients made shorter together where the norm of all their numbers is above the limit:
 *
 *   g ← g · min(1, limit / (‖g‖ + 1e-6))
 *
 * New tensors; nothing is read. Source: Pascanu, Mikolov, Bengio 2013; the 1e-6 is PyTorch's.
 */
export function clipByNorm(grads: Grads, limit: number): Grads {
  checkLimit('clipByNorm', limit);
  if (Object.keys(grads).length === 0) return {};
  return tidy(() => {
    const norm = sqrt(sum(stack(Object.values(grads).map((grad) => sum(square(grad))))));
    const factor = minimum(scalar(1), div(scalar(limit), add(norm, scalar(1e-6))));
    return Object.fromEntries(
      Object.entries(grads).map(([name, grad]) => [name, mul(grad, factor)]),
    );
  });
}

function checkLimit(caller: string, limit: number): void {
  if (limit > 0) return;
  throw new InputError(`${caller}: expected limit to be a number above 0, got ${show(limit)}`);
}

/** What an optimizer does. */
export interface OptimizerWithState {
  learningRate: number;
  step(grads: Grads): void;
  state(): OptimizerState;
  restore(state: OptimizerState): void;
  dispose(): void;
}

export type GradientClipping = { readonly value: number } | { readonly norm: number };

/** An optimizer that sees gradients clipped. */
export function withGradientClipping<T extends OptimizerWithState>(
  optimizer: T,
  by: GradientClipping,
): OptimizerWithState {
  return {
    get learningRate() {
      return optimizer.learningRate;
    },
    set learningRate(rate) {
      optimizer.learningRate = rate;
    },
    step(grads) {
      const short = 'value' in by ? clipByValue(grads, by.value) : clipByNorm(grads, by.norm);
      optimizer.step(short);
      disposeTensors(short);
    },
    state: () => optimizer.state(),
    restore: (state) => optimizer.restore(state),
    dispose: () => optimizer.dispose(),
  };
}
