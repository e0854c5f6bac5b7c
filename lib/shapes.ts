import { zeros } from '@tensorflow/tfjs-core';
import { nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';
import type { Facts, Shape } from './facts.ts';
import { tidy } from './memory.ts';
import type { AnyModule } from './module.ts';
import { inferBox } from './runBox.ts';
import { windowAt } from './window.ts';

/** Returns the number of elements of a tensor of this shape. */
export function numElements(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Returns the facts of a box for inputs of these shapes. If the box does not state the shape of its
 * output, the shape is determined by a forward pass with zeros, so it is always known.
 *
 * Errors: those of the box's forward.
 */
export function factsOf(
  box: AnyModule,
  inputShapes: readonly Shape[],
): Facts & { readonly outputShape: Shape } {
  const facts = box.facts(inputShapes);
  checkFacts(box, facts, inputShapes);
  return { ...facts, outputShape: facts.outputShape ?? measuredShape(box, inputShapes) };
}

const WINDOWS: readonly unknown[] = [
  'identity',
  'elementwise',
  'channels',
  'global',
  'globalPerChannel',
];

/** Throws if a fact has an impossible value. */
function checkFacts(box: AnyModule, facts: Facts, inputShapes: readonly Shape[]): void {
  const fail = (what: string, got: unknown) => {
    throw new BoxError([`${nameOf(box)}.facts`], `expected ${what}, got ${show(got)}`);
  };
  const { outputShape, multiplyAdds, window, trainingExamples = 1 } = facts;
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
  if (outputShape !== undefined && !outputShape.every(isCount)) {
    fail('an outputShape of integers of at least 0', outputShape);
  }
  if (multiplyAdds !== undefined && !isCount(multiplyAdds)) {
    fail('multiplyAdds to be an integer of at least 0', multiplyAdds);
  }
  if (!(isCount(trainingExamples) && trainingExamples >= 1)) {
    fail('trainingExamples to be an integer of at least 1', trainingExamples);
  }
  if (window === undefined) return;
  inputShapes.forEach((shape, k) => {
    const own = windowAt(window, k);
    if (typeof own === 'string' ? !WINDOWS.includes(own) : own === undefined) {
      fail(`a window or one of ${WINDOWS.map(show).join(', ')}`, own);
    }
    const axes = Math.max(shape.length - 2, 0);
    if (typeof own === 'object' && own.axes.length !== axes) {
      fail(`a window of ${axes} axes for an input of shape ${show([...shape])}`, own.axes.length);
    }
  });
}

function measuredShape(box: AnyModule, inputShapes: readonly Shape[]): Shape {
  return tidy(() => {
    const tensors = inputShapes.map((shape) => zeros([...shape]));
    return inferBox(box, tensors).shape;
  });
}
