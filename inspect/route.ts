import type { Tensor } from '@tensorflow/tfjs-core';
import { InputError, withPath } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { AnyModule } from '../lib/module.ts';
import { propagate } from '../lib/propagate.ts';
import { inferBox } from '../lib/runBox.ts';

/**
 * One run of a box. `from` has the indices of the steps whose outputs are the inputs of the box; −1
 * stands for the input of the network.
 */
export interface Step {
  readonly box: AnyModule;
  readonly path: string;
  readonly from: readonly number[];
}

/** The runs of all boxes of a network. */
export interface Route {
  readonly steps: readonly Step[];
  /** For each path of a box or container, the steps that compute its outputs. */
  readonly ends: ReadonlyMap<string, readonly number[]>;
}

/**
 * Lists the runs of a network's boxes in their order.
 *
 * Errors: a network that takes a list of tensors.
 */
export function routeOf(network: AnyModule): Route {
  if (network.arity === 'list')
    throw new InputError('expected a network that takes one tensor, got a list');
  const steps: Step[] = [];
  const ends = new Map<string, readonly number[]>();
  const visit = (box: AnyModule, from: readonly number[], path: string) => {
    const step = steps.push({ box, path, from }) - 1;
    ends.set(path, [step]);
    return step;
  };
  propagate<number>(network, [-1], visit, (outputs, path) => void ends.set(path, outputs));
  return { steps, ends };
}

/**
 * Runs steps in inference mode, and returns the results of `visit` for the outputs in their order.
 * An output is disposed as soon as no later step needs it, so `visit` returns new tensors or none.
 */
export function runSteps<R>(
  steps: readonly Step[],
  input: Tensor,
  visit: (output: Tensor, step: number) => R,
): R[] {
  const lastUses = steps.map((_, i) => i);
  steps.forEach(({ from }, i) => {
    for (const source of from) if (source >= 0) lastUses[source] = i;
  });
  return tidy(() => {
    const values: Tensor[] = [];
    return steps.map(({ box, path, from }, i) => {
      const inputs = from.map((source) => (source < 0 ? input : values[source]));
      values.push(withPath(path, () => inferBox(box, inputs)));
      const result = visit(values[i], i);
      const done = [...from, i].filter((source) => source >= 0 && lastUses[source] === i);
      disposeTensors(done.map((source) => values[source]));
      return result;
    });
  });
}
