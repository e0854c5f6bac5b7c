import { BoxpropError } from './errors.ts';
import type { Shape } from './facts.ts';
import type { AnyModule } from './module.ts';
import { describePath, propagate } from './propagate.ts';
import { factsOf } from './shapes.ts';

/** The least number of examples in a training batch, with the box that needs them. */
export interface TrainingExamples {
  /** The number of examples. */
  readonly examples: number;
  /** The box, such as `Sequential[1] > BatchNorm`; undefined if every box accepts one example. */
  readonly box?: string;
}

/**
 * Returns the least number of examples that a network needs in a training batch: the largest
 * `Facts.trainingExamples` of its boxes, along the shapes that reach them. If the boxes refuse
 * these shapes, nothing is known and the number is 1; the first training step then reports why.
 *
 * @param inputShape the shape of a batch, such as [1, 28, 28, 1].
 */
export function trainingExamples(network: AnyModule, inputShape: Shape): TrainingExamples {
  let most: TrainingExamples = { examples: 1 };
  try {
    propagate(network, [inputShape], (box, shapes, path) => {
      const { outputShape, trainingExamples: examples = 1 } = factsOf(box, shapes);
      if (examples > most.examples) most = { examples, box: describePath(network, path, box) };
      return outputShape;
    });
  } catch (error) {
    if (!(error instanceof BoxpropError)) throw error;
  }
  return most;
}
