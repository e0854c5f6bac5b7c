import { keep, type Tensor } from '@tensorflow/tfjs-core';
import { isTensor } from '../lib/check.ts';
import { roughSum } from '../lib/kernels/reduce/roughSum.ts';
import type { AnyModule } from '../lib/module.ts';

/**
 * Looks for infinite activations that would vanish in the rest of a training step because the next
 * box bounds them: the tanh of ∞ is 1, and its gradient is 0. The class sums the inputs of the
 * boxes that may hide an infinity, each tensor once. An infinity at the input of any other box
 * remains visible until it reaches such a box or the loss.
 */
export class ActivationCheck {
  /**
   * One scalar per checked tensor, which is finite only if all values of the tensor are finite. The
   * caller disposes these scalars.
   */
  readonly sums: Tensor[] = [];
  /**
   * The `dataId`s of tensors that need no further check: they are in `sums`, or they are finite if
   * all tensors in `sums` are finite.
   */
  readonly #known = new WeakSet<object>();

  /** @param input the input of the network, which the training step checks itself. */
  constructor(input: Tensor) {
    this.#known.add(input.dataId);
  }

  /** Checks the inputs of a box that has run, if the box may hide an infinity. */
  readonly afterBox = (box: AnyModule, input: unknown, output: unknown): void => {
    if (box.hidesInfinity === false) return;
    for (const tensor of [input].flat()) this.add(tensor);
    // Only a box with `hidesInfinity` true guarantees finite outputs for finite inputs.
    if (box.hidesInfinity === undefined) return;
    for (const tensor of [output].flat()) if (isTensor(tensor)) this.#known.add(tensor.dataId);
  };

  /** Checks a float tensor, unless it has been checked already. */
  add(tensor: unknown): void {
    if (!isTensor(tensor) || tensor.dtype !== 'float32' || this.#known.has(tensor.dataId)) return;
    this.#known.add(tensor.dataId);
    this.sums.push(keep(roughSum(tensor)));
  }
}
