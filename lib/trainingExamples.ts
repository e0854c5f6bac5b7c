import { BoxpropError } from './errors.ts';
import type { Shape } from './facts.ts';
import type { AnyModule } from './module.ts';
import { describePath, propagate } from './propagate.ts';
import { factsOf } from './shapes.ts';

/** The smallest number of examples in a training batch, with the box that needs them. */
export interface TrainingExamples {
  /** The number of examples. */
  readonly examples: number;
  /** The box, such as `Sequential[1] > BatchNorm`; undefined if every box accepts one example. */
  readonly box?: string;
}

/**
 * Returns the smallest number of examples that a network accepts in a training batch. It is the
 * largest `Facts.trainingExamples` of its boxes, for the shapes of their inputs. If a box throws
 * for these shapes, the number is unknown and 1 is returned; the first training step then reports
 * the reason.
 *
 * @param inputShape the shape of a batch, such as [1, 28, 28, 1].
 */
export function trainingExamples(network: AnyModule, inputShape: Shape): TrainingExamples {
  let most: TrainingExamples = { examples: 1 };
  try {
    propagate(network, [inputShape], (box, shapes, path) => {
      const { outputShape, trainingExamples: examples = 1 } = factsOf(box, shapes);
      const { mode } = network.contextOf(box, { mode: 'training' });
      if (mode === 'training' && examples > most.examples)
        most = { examples, box: describePath(network, path, box) };
      return outputShape;
    });
  } catch (error) {
    if (!(error instanceof BoxpropError)) throw error;
  }
  return most;
}
