import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import type { Cost } from '../lib/cost.ts';
import { batches } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { BoxError } from '../lib/errors.ts';
import { nameOf } from '../lib/check.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import { ClassificationMetrics } from './classificationMetrics.ts';

export interface Evaluation {
  /** Records whose label has not the largest score; among equal scores the first class wins. */
  readonly errors: number;
  readonly examples: number;
  /** errors / records */
  readonly errorRate: number;
  /** 1 − errorRate */
  readonly accuracy: number;
  /** The mean cross-entropy, in nats. */
  readonly loss: number;
  /** Records whose label is not among the five largest scores; with five classes or fewer, those with a NaN. */
  readonly top5Errors: number;
  /** `confusion[label][answer]` counts records; one with a score that is NaN has no answer, and is not in it. */
  readonly confusion: readonly (readonly number[])[];
}

export interface EvaluateOptions {
  /** Stops before the next batch, by rejecting with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * How well a network that gives one score a class does on a dataset, in inference mode. A score that is NaN is an
 * error. Lets the event loop run after each batch.
 *
 * Shapes: the network's input [N, ...inputShape], its output [N, classes].
 * Errors: those of the boxes and the batches; an output of another shape.
 */
export async function evaluate(
  network: Module,
  dataset: Dataset,
  batchSize: number,
  { signal }: EvaluateOptions = {},
): Promise<Evaluation> {
  const cost: Cost = new SoftmaxCrossEntropy({ reduction: 'sum' });
  const tally = new ClassificationMetrics(dataset.classes);
  let loss = 0;
  for (const indices of batches(dataset.length, batchSize)) {
    signal?.throwIfAborted();
    const { input, labels } = await dataset.batch(indices);
    try {
      const read = tidy(() => {
        const scores = network.infer(input, { mode: 'inference' });
        if (scores.shape.join() !== `${indices.length},${dataset.classes}`) {
          throw new BoxError(
            [`${nameOf(network)}.forward`],
            `expected output of shape [${indices.length}, ${dataset.classes}] for ${dataset.name}, got [${scores.shape.join(', ')}]`,
          );
        }
        return { scores, loss: cost.forward(scores, labels).loss };
      });
      tally.add(await read.scores.data(), await labels.data());
      loss += (await read.loss.data())[0];
      disposeTensors(read);
    } finally {
      disposeTensors([input, labels]);
    }
    await yieldToEventLoop();
  }
  const { errors, top5Errors, confusion } = tally;
  const errorRate = errors / dataset.length;
  return {
    errors,
    examples: dataset.length,
    errorRate,
    accuracy: 1 - errorRate,
    loss: loss / dataset.length,
    top5Errors,
    confusion,
  };
}
