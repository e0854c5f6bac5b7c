import { equal, stack, where, type Tensor } from '@tensorflow/tfjs-core';
import { nameOf } from '../lib/check.ts';
import type { Cost } from '../lib/cost.ts';
import { scalar } from '../lib/constant.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { AnyModule, Context, Module } from '../lib/module.ts';
import { describePath, propagate } from '../lib/propagate.ts';
import { forwardBox, inputGradients } from '../lib/runBox.ts';
import { accumulate } from '../lib/gradSum.ts';
import { zeroIfFinite } from '../lib/kernels/reduce/finite.ts';

/** The training step that `findNonFinite` runs again. */
export interface FindNonFiniteOptions {
  /** The network, with the parameters from before the step. */
  readonly network: Module;
  /** The cost of the step. */
  readonly cost: Cost;
  /** The batch of the step. */
  readonly input: Tensor;
  /** The target of the step. */
  readonly target: Tensor;
  /**
   * The context of the step. Its `rng`, if there is one, must be in its state from before the step.
   */
  readonly context: Context;
}

/**
 * Runs a training step again, box by box, without an update, and finds the first value that is NaN
 * or infinite. The order is that of the computation: forward from the first box to the cost, then
 * backward from the cost to the first box. The function checks every tensor of the step, which is
 * slow, so use it only after a failure.
 *
 * @returns the place of the value, such as `the output of Sequential[2] > Linear`; undefined if all
 *   values are finite.
 *
 *     const context = { mode: 'training', rng };
 *     await findNonFinite({ network, cost, input, target, context });
 */
export async function findNonFinite(options: FindNonFiniteOptions): Promise<string | undefined> {
  const { places, verdicts } = tidy(() => {
    const checks = checkedPlaces(options);
    return {
      places: checks.map(({ place }) => place),
      verdicts: stack(checks.map(({ verdict }) => verdict)),
    };
  });
  const values = await verdicts.data();
  disposeTensors(verdicts);
  const first = values.findIndex((value) => value !== 0);
  return first < 0 ? undefined : places[first];
}

/** A place in a training step, and whether its values are finite. */
interface CheckedPlace {
  readonly place: string;
  /** A scalar that is 0, or NaN if a value at the place is not finite. */
  readonly verdict: Tensor;
}

/** A value in the network. Its gradient is added when the backward pass has reached it. */
interface Value {
  readonly tensor: Tensor;
  grad?: Tensor;
}

/** One run of a box in the forward pass. */
interface BoxRun {
  readonly box: AnyModule;
  /** The path of the box in the network. */
  readonly path: string;
  readonly inputs: readonly Value[];
  readonly output: Value;
  readonly cache: unknown;
}

/** Lists all places of a training step in the order of computation. */
function checkedPlaces({
  network,
  cost,
  input,
  target,
  context,
}: FindNonFiniteOptions): CheckedPlace[] {
  const places: CheckedPlace[] = [];
  const check = (place: string, tensor: Tensor) =>
    places.push({ place, verdict: zeroIfFinite([tensor]) });
  check('the input', input);
  check('the target', target);
  const data: Value = { tensor: input };
  const runs: BoxRun[] = [];
  const [result] = propagate<Value>(network, [data], (box, inputs, path) => {
    const own = network.contextOf(box, context);
    const run = runBox(box, describePath(network, path, box), inputs, own);
    places.push(...forwardPlaces(run));
    runs.push(run);
    return run.output;
  });
  const { loss, cache } = cost.forward(result.tensor, target);
  check(`the loss of ${nameOf(cost)}`, loss);

  result.grad = cost.backpropToInput(cache);
  check(`the gradient of the input of ${nameOf(cost)}`, result.grad);
  for (const { box, path, inputs, output, cache } of runs.reverse()) {
    const grad = output.grad as Tensor;
    const gradParams = box.backpropToParams(grad, cache);
    // The gradient of the data is omitted, because a training step does not compute it.
    if (inputs.some((value) => value !== data)) {
      inputGradients(box, grad, cache).forEach((part, k) => {
        check(`the gradient of the input of ${path}`, part);
        inputs[k].grad = accumulate(inputs[k].grad, part);
      });
    }
    for (const [name, gradParam] of Object.entries(gradParams)) {
      check(`the gradient of the parameter ${name} of ${path}`, gradParam);
    }
  }
  return places;
}

function runBox(box: AnyModule, path: string, inputs: readonly Value[], context: Context): BoxRun {
  const tensors = inputs.map(({ tensor }) => tensor);
  const { output, cache } = forwardBox(box, tensors, context);
  return { box, path, inputs, output: { tensor: output }, cache };
}

/**
 * Returns the parameters and the output of a box as places. The parameters come first, because a
 * parameter that is not finite is the more likely cause.
 */
function forwardPlaces({ box, path, output }: BoxRun): CheckedPlace[] {
  const verdict = zeroIfFinite([output.tensor]);
  const params = Object.entries(box.params).map(
    ([name, param]) => [name, zeroIfFinite([param])] as const,
  );
  return [
    ...params.map(([name, paramVerdict]) => ({
      place: `the output of ${path}, whose ${name} is not finite`,
      verdict: where(equal(verdict, scalar(0)), verdict, paramVerdict),
    })),
    { place: `the output of ${path}`, verdict },
    ...params.map(([name, paramVerdict]) => ({
      place: `the parameter ${name} of ${path}`,
      verdict: paramVerdict,
    })),
  ];
}
