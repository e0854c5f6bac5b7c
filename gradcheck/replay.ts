import { keep, Tensor, type Variable } from '@tensorflow/tfjs-core';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Context } from '../lib/module.ts';
import { propagate, type AnyModule } from '../lib/propagate.ts';
import type { Rng } from '../lib/rng.ts';

/** What one box of a network gave, and where the random generator stood before it. */
interface Step {
  readonly output: Tensor;
  readonly rng: Rng | undefined;
}

/** A tensor on its way through the network. */
export interface Value {
  readonly tensor: Tensor;
  /** Whether it may differ from what was recorded. */
  readonly moved: boolean;
}

/**
 * A forward of a network, of which every box's output is kept. Where one parameter or input has moved since, only the
 * boxes that it reaches run again: those that have it, and those that take from a box that has run. For the last of n
 * boxes in a chain that is one forward of one box instead of n; over all parameters it is about half of the work.
 *
 * The boxes that are run are those of the network, in the order of its forward, with the random numbers that they had.
 */
export class Replay {
  readonly #box: AnyModule;
  readonly #context: Context | undefined;
  readonly #steps = new Map<string, Step>();

  /** @param context what the forward takes besides the input; its generator is not moved. */
  constructor(box: AnyModule, inputs: readonly Tensor[], context: Context | undefined) {
    this.#box = box;
    this.#context = context;
    const rng = context?.rng?.clone();
    tidy(() => {
      const values = inputs.map((tensor) => ({ tensor, moved: true }));
      propagate<Value>(box, values, (box, inputs, path) => {
        const before = rng?.clone();
        const tensor = run(box, inputs, rng && context ? { ...context, rng } : context);
        this.#steps.set(path, { output: keep(tensor.clone()), rng: before });
        return { tensor, moved: true };
      });
    });
  }

  /** The outputs where a parameter, or the inputs that are marked, alone have moved; in a `tidy` of the caller's. */
  outputs(inputs: readonly Value[], param?: Variable): Tensor[] {
    const outputs = propagate<Value>(this.#box, inputs, (box, inputs, path) => {
      const step = this.#steps.get(path)!;
      const reached =
        inputs.some(({ moved }) => moved) || (param && Object.values(box.params).includes(param));
      if (!reached) return { tensor: step.output, moved: false };
      const context =
        step.rng && this.#context ? { ...this.#context, rng: step.rng.clone() } : this.#context;
      return { tensor: run(box, inputs, context), moved: true };
    });
    return outputs.map(({ tensor }) => tensor);
  }

  dispose(): void {
    for (const { output } of this.#steps.values()) disposeTensors(output);
    this.#steps.clear();
  }
}

function run(box: AnyModule, inputs: readonly Value[], context: Context | undefined): Tensor {
  const tensors = inputs.map(({ tensor }) => tensor);
  const { output } = box.forward(box.arity === 'list' ? tensors : tensors[0], context);
  if (!isTensor(output)) throw new TypeError('expected a box inside a container to give a tensor');
  return output;
}

function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}
