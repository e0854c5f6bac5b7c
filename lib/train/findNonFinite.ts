import { equal, stack, where, type Tensor } from '@tensorflow/tfjs-core';
import { nameOf } from '../check.ts';
import type { Cost } from '../cost.ts';
import { scalar } from '../kernels/constant.ts';
import { release, tidy } from '../memory.ts';
import type { Context, Module } from '../module.ts';
import { Sequential } from '../../modules/sequential.ts';
import { zeroIfFinite } from '../kernels/finite.ts';

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
export async function findNonFinite(
  network: Module,
  cost: Cost,
  input: Tensor,
  target: Tensor,
  context: Context,
): Promise<string | undefined> {
  const { suspects, verdicts } = tidy(() => {
    const found = suspectsOf(network, cost, input, target, context);
    return { suspects: found.map(({ what }) => what), verdicts: stack(found.map(({ verdict }) => verdict)) };
  });
  const values = await verdicts.data();
  release(verdicts);
  const culprit = values.findIndex((value) => value !== 0);
  return culprit < 0 ? undefined : suspects[culprit];
}
/** A place where a value may not be finite. */
interface Suspect {
  readonly what: string;
  /** 0, or NaN if a value there is not finite. */
  readonly verdict: Tensor;
}

/** All places of a training step, in the order of computation. */
function suspectsOf(network: Module, cost: Cost, input: Tensor, target: Tensor, context: Context): Suspect[] {
  const suspects: Suspect[] = [];
  const suspect = (what: string, tensor: Tensor) => suspects.push({ what, verdict: zeroIfFinite([tensor]) });
  suspect('the input', input);
  suspect('the target', target);
  const leaves = leavesOf(network);
  const caches: unknown[] = [];
  let x = input;
  for (const { box, path } of leaves) {
    const { output, cache } = box.forward(x, context);
    const params = Object.entries(box.params);
    const ofOutput = zeroIfFinite([output]);
    for (const [name, param] of params) {
      const both = where(equal(ofOutput, scalar(0)), ofOutput, zeroIfFinite([param]));
      suspects.push({ what: `the output of ${path}, whose ${name} is not finite`, verdict: both });
    }
    suspects.push({ what: `the output of ${path}`, verdict: ofOutput });
    for (const [name, param] of params) suspect(`the parameter ${name} of ${path}`, param);
    caches.push(cache);
    x = output;
  }
  const { loss, cache } = cost.forward(x, target);
  suspect(`the loss of ${nameOf(cost)}`, loss);

  let grad = cost.backpropToInput(cache);
  suspect(`the gradient of the input of ${nameOf(cost)}`, grad);
  for (let i = leaves.length - 1; i >= 0; i--) {
    const { box, path } = leaves[i];
    const gradParams = box.backpropToParams(grad, caches[i]);
    // Like a training step, do not ask for the gradient of the data.
    if (i > 0) {
      grad = box.backpropToInput(grad, caches[i]);
      suspect(`the gradient of the input of ${path}`, grad);
    }
    for (const [name, gradParam] of Object.entries(gradParams)) {
      suspect(`the gradient of the parameter ${name} of ${path}`, gradParam);
    }
  }
  return suspects;
}

/** The boxes of a network in the order of its forward pass, chains within chains laid out. */
function leavesOf(box: Module, place = ''): Leaf[] {
  if (!(box instanceof Sequential)) return [{ box, path: `${place}${nameOf(box)}` }];
  return box.boxes.flatMap((child, i) => leavesOf(child, `${place}${nameOf(box)}[${i}] > `));
}
