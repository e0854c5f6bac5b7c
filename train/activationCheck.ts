import { keep, type Tensor } from '@tensorflow/tfjs-core';
import { isTensor } from '../lib/check.ts';
import { roughSum } from '../lib/kernels/reduce/roughSum.ts';
import type { AnyModule } from '../lib/module.ts';

/**
 * Looks for infinite activations that would vanish in the rest of a training step, because the next
 * box bounds them: the tanh of ∞ is 1, and its gradient is 0. It sums up the inputs of the boxes
 * that may hide an infinity, each tensor once. An infinity in front of any other box stays visible
 * until it reaches one of those, or the loss.
 */
export class ActivationCheck {
  /**
   * One number per tensor. It is finite only if all values of the tensor are finite. The caller
   * disposes these tensors.
   */
  readonly sums: Tensor[] = [];
  /**
   * The tensors that need no further check, by `dataId`: they are in `sums`, or they are finite if
   * all tensors in `sums` are.
   */
  readonly #known = new WeakSet<object>();

  /** @param input the input of the network, which the step checks itself. */
  constructor(input: Tensor) {
    this.#known.add(input.dataId);
  }

  /** Checks the inputs of a box that has run, if the box may hide an infinity. */
  readonly afterBox = (box: AnyModule, input: unknown, output: unknown): void => {
    if (box.hidesInfinity === false) return;
    for (const tensor of [input].flat()) this.add(tensor);
    // If it is unknown whether the box hides an infinity, its outputs are not known to be finite.
    if (box.hidesInfinity === undefined) return;
    for (const tensor of [output].flat()) if (isTensor(tensor)) this.#known.add(tensor.dataId);
  };

  /** Checks a tensor of floats, unless its values are known. */
  add(tensor: unknown): void {
    if (!isTensor(tensor) || tensor.dtype !== 'float32' || this.#known.has(tensor.dataId)) return;
    this.#known.add(tensor.dataId);
    this.sums.push(keep(roughSum(tensor)));
  }
}
