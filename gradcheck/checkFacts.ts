import type { Tensor } from '@tensorflow/tfjs-core';
import { constant } from '../lib/constant.ts';
import { coordinates } from '../lib/coordinates.ts';
import { Cost } from '../lib/cost.ts';
import { tidy } from '../lib/memory.ts';
import type { AnyModule } from '../lib/module.ts';
import { describePath, propagate } from '../lib/propagate.ts';
import type { Rng } from '../lib/rng.ts';
import { forwardBox, inputGradients } from '../lib/runBox.ts';
import { factsOf, numElements } from '../lib/shapes.ts';
import { inputsOf, windowAt } from '../lib/window.ts';
import { concatValues, tensorsOf, type GradcheckTarget } from './target.ts';

/** The number of output elements of a box whose dependence on the inputs is checked. */
const ELEMENTS = 2;

/** A fact that does not hold for a box. */
export interface FactProblem {
  readonly message: string;
  /** Whether `backpropToInput` revealed the problem. */
  readonly byBackward: boolean;
}

/**
 * Checks the facts that a box states about itself: the shape and the range of its output. It also
 * checks, for the box or for each box inside a container, that gradients are 0 outside the stated
 * window. Returns the problems.
 */
export function checkFacts(target: GradcheckTarget, rng: Rng): FactProblem[] {
  const { box } = target;
  if (box instanceof Cost) return [];
  return tidy(() => {
    const inputs = tensorsOf(target.input()).map(([, tensor]) => tensor);
    const problems = checkOutput(box, inputs, target).map((message) => ({
      message,
      byBackward: false,
    }));
    propagate<Tensor>(box, inputs, (inside, inputs, path) => {
      // The box runs in inference mode, because batch statistics in training depend on values
      // outside any window.
      const { output, cache } = forwardBox(inside, inputs);
      const place = path === '' ? '' : `${describePath(box, path, inside)}: `;
      for (let element = 0; element < ELEMENTS; element++) {
        const problem = windowProblem(inside, inputs, output, cache, rng);
        if (problem !== undefined) problems.push({ message: place + problem, byBackward: true });
      }
      return output;
    });
    return problems;
  });
}

function checkOutput(box: AnyModule, inputs: readonly Tensor[], target: GradcheckTarget): string[] {
  const facts = box.facts(inputs.map(({ shape }) => shape));
  const { output } = target.forward(target.input());
  const [[, { shape }], ...others] = tensorsOf(output);
  const { outputShape = shape, range: [low, high] = [-Infinity, Infinity] } = facts;
  const messages: string[] = [];
  if (others.length === 0 && outputShape.join() !== shape.join()) {
    messages.push(
      `facts state an output of shape [${outputShape.join(', ')}], forward returns [${shape.join(', ')}]`,
    );
  }
  const outside = concatValues(output).find((value) => value < low || value > high);
  if (outside !== undefined)
    messages.push(`facts state outputs from ${low} to ${high}, forward returns ${outside}`);
  return messages;
}

/**
 * Checks the window in `facts` at one random element y[at] of the output: ∂y[at]/∂x must be 0
 * outside the block of x on which y[at] depends according to the window. Returns a message if it is
 * not.
 */
function windowProblem(
  box: AnyModule,
  inputs: readonly Tensor[],
  output: Tensor,
  cache: unknown,
  rng: Rng,
): string | undefined {
  const shapes = inputs.map(({ shape }) => shape);
  // The check examines a single example, so all tensors need an axis for the batch.
  const isBatch =
    output.size > 0 &&
    [output.shape, ...shapes].every((shape) => shape.length > 1 && shape[0] === output.shape[0]);
  const { window: stated, statistics } = box.facts(shapes);
  if (!isBatch || stated === undefined || statistics) return undefined;
  const { window = 'global' } = factsOf(box, shapes);
  const chosen = rng.integer(output.size);
  const oneHot = new Float64Array(output.size);
  oneHot[chosen] = 1;
  const [example, ...at] = coordinates(chosen, output.shape);
  const grads = inputGradients(box, constant(oneHot, output.shape), cache);
  for (const [k, grad] of grads.entries()) {
    const block = inputsOf(windowAt(window, k), at.map((i) => [i, i] as const), shapes[k], output.shape); // prettier-ignore
    const size = numElements(shapes[k].slice(1));
    const values = grad.dataSync().slice(example * size, (example + 1) * size);
    const isInside = (position: readonly number[]) =>
      block?.every(([first, last], axis) => first <= position[axis] && position[axis] <= last);
    const beyond = values.findIndex(
      (value, i) => value !== 0 && !isInside(coordinates(i, shapes[k].slice(1))),
    );
    if (beyond < 0) continue;
    const name = inputs.length > 1 ? `input ${k}` : 'the input';
    return (
      `facts state a window that is too small: output [${at.join(', ')}] depends on ${name} at ` +
      `[${coordinates(beyond, shapes[k].slice(1)).join(', ')}], outside ${JSON.stringify(block ?? [])}`
    );
  }
  return undefined;
}
