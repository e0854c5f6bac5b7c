import type { Tensor } from '@tensorflow/tfjs-core';
import { nameOf } from '../lib/check.ts';
import { withPath } from '../lib/errors.ts';
import type { Shape } from '../lib/facts.ts';
import type { AnyModule } from '../lib/module.ts';
import { factsOf, numElements } from '../lib/shapes.ts';
import { routeOf, runSteps, type Step } from './route.ts';

/** A box whose output is observed. */
export interface ObservedBox {
  /** The path of the box: `2`, `stage1.0.residual.body.conv1`. */
  readonly path: string;
  /** The class of the box: `Conv2D`. */
  readonly name: string;
  /** The shape of its output, without the batch. */
  readonly shape: Shape;
}

/**
 * The outputs of all boxes of a network, in the order in which the boxes run. A box that only
 * passes its input on in inference, such as Dropout or Flatten, is left out, because its output has
 * the values of the box before it. Only the outputs that a later box still needs are in memory.
 *
 * Errors: a network that takes a list of tensors; those of the boxes.
 *
 *     const outputs = new BoxOutputs(network, [28, 28, 1]);
 *     const means = outputs.map(images, (output) => mean(output));
 */
export class BoxOutputs {
  /** The observed boxes. A box that runs twice occurs twice. */
  readonly boxes: readonly ObservedBox[];
  /** The number of elements of the largest output or input of one example. */
  readonly largest: number;
  readonly #steps: readonly Step[];
  /** For each step, its index in `boxes`, or undefined for a box that is left out. */
  readonly #places: readonly (number | undefined)[];

  constructor(network: AnyModule, inputShape: Shape) {
    this.#steps = routeOf(network).steps;
    const shapes: Shape[] = [];
    const boxes: ObservedBox[] = [];
    this.#places = this.#steps.map(({ box, path, from }) => {
      const inputs = from.map((source) => (source < 0 ? [1, ...inputShape] : shapes[source]));
      const { outputShape, window } = withPath(path, () => factsOf(box, inputs));
      shapes.push(outputShape);
      if (window === 'identity') return undefined;
      return boxes.push({ path, name: nameOf(box), shape: outputShape.slice(1) }) - 1;
    });
    this.boxes = boxes;
    this.largest = Math.max(...[inputShape, ...shapes].map(numElements));
  }

  /**
   * Runs the network in inference mode, and returns the result of `visit` for each observed box.
   * The output is disposed after the visit, so `visit` returns new tensors, which the caller owns,
   * or none.
   */
  map<R>(input: Tensor, visit: (output: Tensor, box: number) => R): R[] {
    const results = runSteps(this.#steps, input, (output, step) => {
      const box = this.#places[step];
      return box === undefined ? undefined : { result: visit(output, box) };
    });
    return results.flatMap((found) => (found === undefined ? [] : [found.result]));
  }
}
