import type { Tensor } from '@tensorflow/tfjs-core';
import { checkMode, isTensor, nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';
import type { AnyModule, Context, ForwardResult } from './module.ts';
import type { ProjectionRule } from './projectionRule.ts';

/** Returns the argument for a box's `forward`: the list of inputs, or the single input. */
export function argumentOf<V>(
  box: Pick<AnyModule, 'arity'>,
  inputs: readonly V[],
): V | readonly V[] {
  return box.arity === 'list' ? inputs : inputs[0];
}

/**
 * Runs the inference of a box in a traversal, in which each box returns one tensor.
 *
 * Errors: those of the box; an output that is not a tensor.
 */
export function inferBox(box: AnyModule, inputs: readonly Tensor[], context?: Context): Tensor {
  return oneTensor(box, 'infer', box.infer(argumentOf(box, inputs), context));
}

/** Runs the forward pass of a box in a traversal, in which each box returns one tensor. */
export function forwardBox(
  box: AnyModule,
  inputs: readonly Tensor[],
  context?: Context,
): ForwardResult<Tensor, unknown> {
  checkMode(box, context);
  const { output, cache } = box.forward(argumentOf(box, inputs), context);
  return { output: oneTensor(box, 'forward', output), cache };
}

/** Computes ∂C/∂x for each input of a box that returns one tensor, in the order of the inputs. */
export function inputGradients(box: AnyModule, gradOutput: Tensor, cache: unknown): Tensor[] {
  return [box.backpropToInput(gradOutput, cache) as Tensor | readonly Tensor[]].flat();
}

/**
 * Carries a signal back to each input of a box that returns one tensor, in the order of the inputs.
 */
export function projectToInputs(
  box: AnyModule,
  signal: Tensor,
  cache: unknown,
  rule: ProjectionRule,
): Tensor[] {
  return [box.project(signal, cache, rule) as Tensor | readonly Tensor[]].flat();
}

function oneTensor(box: AnyModule, method: string, output: unknown): Tensor {
  if (isTensor(output)) return output;
  throw new BoxError([`${nameOf(box)}.${method}`], `expected one tensor, got ${show(output)}`);
}
