import { zeros } from '@tensorflow/tfjs-core';
import { isTensor, nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';
import type { Facts, Shape } from './facts.ts';
import { tidy } from './memory.ts';
import type { AnyModule } from './module.ts';

/** The number of elements of a tensor of this shape. */
export function numElements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * The facts of a box for inputs of these shapes. Where the box does not state the shape of its
 * output, a forward of zeros shows it, so the shape is always known.
 *
 * Errors: those of the box's forward.
 */
export function factsOf(
  box: AnyModule,
  inputShapes: readonly Shape[],
): Facts & { readonly outputShape: Shape } {
  const facts = box.facts(inputShapes);
  return { ...facts, outputShape: facts.outputShape ?? measuredShape(box, inputShapes) };
}

function measuredShape(box: AnyModule, inputShapes: readonly Shape[]): Shape {
  return tidy(() => {
    const tensors = inputShapes.map((shape) => zeros([...shape]));
    const output = box.infer(box.arity === 'list' ? tensors : tensors[0]);
    if (isTensor(output)) return output.shape;
    throw new BoxError([`${nameOf(box)}.infer`], `expected one tensor, got ${show(output)}`);
  });
}
