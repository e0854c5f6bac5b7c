import { equal, stack, where, type Tensor } from '@tensorflow/tfjs-core';
import { nameOf } from '../lib/check.ts';
import type { Cost } from '../lib/cost.ts';
import { scalar } from '../lib/constant.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Context, Module } from '../lib/module.ts';
import { describePath, propagate } from '../lib/propagate.ts';
import { accumulate } from '../lib/container.ts';
import { zeroIfFinite } from '../lib/kernels/reduce/finite.ts';

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
    return {
      suspects: found.map(({ what }) => what),
      verdicts: stack(found.map(({ verdict }) => verdict)),
    };
  });
  const values = await verdicts.data();
  disposeTensors(verdicts);
  const culprit = values.findIndex((value) => value !== 0);
  return culprit < 0 ? undefined : suspects[culprit];
}

/** A place where a value may not be finite. */
interface Suspect {
  readonly what: string;
  /** 0, or NaN if a value there is not finite. */
  readonly verdict: Tensor;
}

/** A value of the network, and the gradient that has come back to it. */
interface Value {
  readonly tensor: Tensor;
  grad?: Tensor;
}

/** A box that has run. */
interface Step {
  readonly box: Box;
  /** Its place in the network. */
  readonly place: string;
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly cache: unknown;
}

/** A box that is no container, which gives one tensor. */
type Box = Module<Tensor | readonly Tensor[], Tensor>;

/** All places of a training step, in the order of computation. */
function suspectsOf(
  network: Module,
  cost: Cost,
  input: Tensor,
  target: Tensor,
  context: Context,
): Suspect[] {
  const suspects: Suspect[] = [];
  const suspect = (what: string, tensor: Tensor) =>
    suspects.push({ what, verdict: zeroIfFinite([tensor]) });
  suspect('the input', input);
  suspect('the target', target);
  const data: Value = { tensor: input };
  const steps: Step[] = [];
  const [result] = propagate<Value>(network, [data], (box, inputs, path) => {
    const step = runStep(box as Box, describePath(network, path, box), inputs, context);
    suspects.push(...ofForward(step));
    steps.push(step);
    return step.output;
  });
  const { loss, cache } = cost.forward(result.tensor, target);
  suspect(`the loss of ${nameOf(cost)}`, loss);

  result.grad = cost.backpropToInput(cache);
  suspect(`the gradient of the input of ${nameOf(cost)}`, result.grad);
  for (const { box, place, inputs, output, cache } of steps.reverse()) {
    const grad = output.grad as Tensor;
    const gradParams = box.backpropToParams(grad, cache);
    // Like a training step, do not ask for the gradient of the data.
    if (inputs.some((value) => value !== data)) {
      const gradInput = box.backpropToInput(grad, cache);
      [gradInput].flat().forEach((part: Tensor, k) => {
        suspect(`the gradient of the input of ${place}`, part);
        inputs[k].grad = accumulate(inputs[k].grad, part);
      });
    }
    for (const [name, gradParam] of Object.entries(gradParams)) {
      suspect(`the gradient of the parameter ${name} of ${place}`, gradParam);
    }
  }
  return suspects;
}

function runStep(box: Box, place: string, inputs: readonly Value[], context: Context): Step {
  const tensors = inputs.map(({ tensor }) => tensor);
  const { output, cache } = box.forward(box.arity === 'list' ? tensors : tensors[0], context);
  return { box, place, inputs, output: { tensor: output }, cache };
}

function ofForward({ box, place, output }: Step): Suspect[] {
  const verdict = zeroIfFinite([output.tensor]);
  const params = Object.entries(box.params).map(
    ([name, param]) => [name, zeroIfFinite([param])] as const,
  );
  return [
    ...params.map(([name, ofParam]) => ({
      what: `the output of ${place}, whose ${name} is not finite`,
      verdict: where(equal(verdict, scalar(0)), verdict, ofParam),
    })),
    { what: `the output of ${place}`, verdict },
    ...params.map(([name, ofParam]) => ({
      what: `the parameter ${name} of ${place}`,
      verdict: ofParam,
    })),
  ];
}
