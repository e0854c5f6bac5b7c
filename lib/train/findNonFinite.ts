import type { Tensor } from '@tensorflow/tfjs-core';
import { nameOf } from '../check.ts';
import type { Cost } from '../cost.ts';
import { tidy } from '../memory.ts';
import type { Context, Module } from '../module.ts';
import { Sequential } from '../../modules/sequential.ts';
import { areFinite } from './finite.ts';

/** A box that is no chain, with its path in the network. */
interface Leaf {
  readonly box: Module;
  /** `Sequential[2] > Linear` */
  readonly path: string;
}

/**
 * Runs a training step again, box by box and without moving a parameter, and tells where the first value that is
 * NaN or infinite stands, in the order of computation: forward from the first box to the cost, then backward from
 * the cost to the first box. For after a failure; it reads every tensor of the step.
 *
 * @param context that of the step; its `rng`, if any, in the state from before the step.
 * @returns `the output of Sequential[2] > Linear`, `the gradient of the parameter weight of Sequential[0] > Conv2D`,
 *   ...; undefined if all values are finite.
 */
export function findNonFinite(
  network: Module,
  cost: Cost,
  input: Tensor,
  target: Tensor,
  context: Context,
): string | undefined {
  return tidy(() => {
    if (!areFinite([input])) return 'the input';
    if (!areFinite([target])) return 'the target';
    const leaves = leavesOf(network);
    const caches: unknown[] = [];
    let x = input;
    for (const { box, path } of leaves) {
      const { output, cache } = box.forward(x, context);
      const broken = Object.entries(box.params).find(([, param]) => !areFinite([param]));
      const blame = broken === undefined ? '' : `, whose ${broken[0]} is not finite`;
      if (!areFinite([output])) return `the output of ${path}${blame}`;
      if (broken !== undefined) return `the parameter ${broken[0]} of ${path}`;
      caches.push(cache);
      x = output;
    }
    const { loss, cache } = cost.forward(x, target);
    if (!areFinite([loss])) return `the loss of ${nameOf(cost)}`;

    let grad = cost.backpropToInput(cache);
    if (!areFinite([grad])) return `the gradient of the input of ${nameOf(cost)}`;
    for (let i = leaves.length - 1; i >= 0; i--) {
      const { box, path } = leaves[i];
      const gradParams = box.backpropToParams(grad, caches[i]);
      // Like a training step, do not ask for the gradient of the data.
      if (i > 0) grad = box.backpropToInput(grad, caches[i]);
      if (!areFinite([grad])) return `the gradient of the input of ${path}`;
      for (const [name, gradParam] of Object.entries(gradParams)) {
        if (!areFinite([gradParam])) return `the gradient of the parameter ${name} of ${path}`;
      }
    }
    return undefined;
  });
}

/** The boxes of a network in the order of its forward pass, chains within chains laid out. */
function leavesOf(box: Module, place = ''): Leaf[] {
  if (!(box instanceof Sequential)) return [{ box, path: `${place}${nameOf(box)}` }];
  return box.boxes.flatMap((child, i) => leavesOf(child, `${place}${nameOf(box)}[${i}] > `));
}
