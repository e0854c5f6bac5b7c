import { keep, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { AnyModule, Context } from '../lib/module.ts';
import { propagate } from '../lib/propagate.ts';
import { forwardBox } from '../lib/runBox.ts';
import type { Rng } from '../lib/rng.ts';

/** The output of one box of a network, and the state of the random generator before it. */
interface Step {
  readonly output: Tensor;
  readonly rng: Rng | undefined;
}

/** A tensor in the forward pass of a network. */
export interface Value {
  readonly tensor: Tensor;
  /** Whether the tensor may differ from the recorded one. */
  readonly changed: boolean;
}

/**
 * A forward pass of a network that stores the output of every box. After one parameter or input has
 * changed, only the boxes that depend on it run again. In a chain of n boxes, after a change in the
 * last box only one box runs and not n. Averaged over all parameters, this is about half of the
 * work.
 *
 * The boxes run in the order of the network's forward pass, with the same random numbers.
 */
export class Replay {
  readonly #box: AnyModule;
  readonly #context: Context | undefined;
  /**
   * The steps in the order in which they ran. This is a list because a container may run the same
   * box twice.
   */
  readonly #steps: Step[] = [];

  /** @param context the context of the forward pass. The state of its generator does not change. */
  constructor(box: AnyModule, inputs: readonly Tensor[], context: Context | undefined) {
    this.#box = box;
    this.#context = context;
    const rng = context?.rng?.clone();
    tidy(() => {
      const values = inputs.map((tensor) => ({ tensor, changed: true }));
      propagate<Value>(box, values, (box, inputs) => {
        const before = rng?.clone();
        const tensor = run(box, inputs, rng && context ? { ...context, rng } : context);
        this.#steps.push({ output: keep(tensor.clone()), rng: before });
        return { tensor, changed: true };
      });
    });
  }

  /**
   * Computes the outputs after the values of `param`, or of the inputs marked as changed, have been
   * changed. It must be called inside a `tidy`.
   */
  outputs(inputs: readonly Value[], param?: Variable): Tensor[] {
    let visit = 0;
    const outputs = propagate<Value>(this.#box, inputs, (box, inputs) => {
      const step = this.#steps[visit++];
      const reached =
        inputs.some(({ changed }) => changed) ||
        (param && Object.values(box.params).includes(param));
      if (!reached) return { tensor: step.output, changed: false };
      const context =
        step.rng && this.#context ? { ...this.#context, rng: step.rng.clone() } : this.#context;
      return { tensor: run(box, inputs, context), changed: true };
    });
    return outputs.map(({ tensor }) => tensor);
  }

  /** Disposes the recorded outputs. */
  dispose(): void {
    for (const { output } of this.#steps.splice(0)) disposeTensors(output);
  }
}

function run(box: AnyModule, inputs: readonly Value[], context: Context | undefined): Tensor {
  const tensors = inputs.map(({ tensor }) => tensor);
  return forwardBox(box, tensors, context).output;
}
