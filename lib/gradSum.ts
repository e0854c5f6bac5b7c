import { add, Tensor, type Variable } from '@tensorflow/tfjs-core';
import { BoxError, show } from './errors.ts';
import { disposeTensors } from './memory.ts';
import type { Grads, Params } from './module.ts';

/**
 * Collects the gradients that the boxes of a container return, under the container's names. The
 * gradients of a parameter that several boxes share are summed.
 */
export class GradSum {
  readonly #params: Params;
  readonly #sums = new Map<Variable, Tensor>();

  constructor(params: Params) {
    this.#params = params;
  }

  /** Returns the sums, in the order of the parameters. */
  get grads(): Grads {
    return Object.fromEntries(
      Object.entries(this.#params).flatMap(([name, param]) => {
        const grad = this.#sums.get(param);
        return grad === undefined ? [] : [[name, grad]];
      }),
    );
  }

  /** Adds the gradients of the box at `path`, and takes ownership of them. */
  add(path: string, box: { readonly params: Params }, grads: Grads): void {
    for (const [name, grad] of Object.entries(grads)) {
      const param = box.params[name];
      if (param === undefined) {
        throw new BoxError(
          [path],
          `expected gradients of its parameters, got one of ${show(name)}`,
        );
      }
      this.#sums.set(param, accumulate(this.#sums.get(param), grad));
    }
  }
}

/** Returns the sum of a gradient and an earlier one, if there is one. Takes ownership of both. */
export function accumulate(earlier: Tensor | undefined, grad: Tensor): Tensor {
  if (earlier === undefined) return grad;
  const sum = add(earlier, grad);
  disposeTensors([earlier, grad]);
  return sum;
}

/**
 * Returns the sum of gradients, and takes ownership of them. Returns undefined if one of them is
 * undefined because it was not needed.
 */
export function total(grads: readonly (Tensor | undefined)[]): Tensor | undefined {
  return grads.reduce((sum, grad) => sum && grad && accumulate(sum, grad));
}

/**
 * Returns a clone of a tensor, or of each tensor in a list. Other values and disposed tensors are
 * returned unchanged, so that the box that receives them reports the error.
 */
export function share<T>(value: T): T {
  if (Array.isArray(value)) return value.map(share) as T;
  return value instanceof Tensor && !value.isDisposed ? (value.clone() as T) : value;
}
