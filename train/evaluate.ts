import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import type { Cost } from '../lib/cost.ts';
import { batchCount, batches } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { BoxError, InputError } from '../lib/errors.ts';
import { checkOptions, nameOf } from '../lib/check.ts';
import { GroupStopped, soloGroup, type Group } from '../lib/group.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { stepCompiler, type StepCompiler } from '../lib/kernels/graph/stepCompiler.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import { ClassificationMetrics } from './classificationMetrics.ts';

/** The metrics of a classifier on a dataset. */
export interface Evaluation {
  /**
   * The number of examples whose label does not have the largest score. If several scores are
   * equal, the first class counts as the largest.
   */
  readonly errors: number;
  /** The number of examples. */
  readonly examples: number;
  /** The fraction of errors, errors / examples. */
  readonly errorRate: number;
  /** The fraction of correct answers, 1 − errorRate. */
  readonly accuracy: number;
  /** The mean cross-entropy, in nats. */
  readonly loss: number;
  /**
   * The number of examples whose label is not among the classes with the five largest scores. With
   * five classes or fewer, only examples with a NaN score are counted.
   */
  readonly top5Errors: number;
  /**
   * `confusion[label][answer]` is the number of examples with this label and this answer. Examples
   * with a NaN score are not counted.
   */
  readonly confusion: readonly (readonly number[])[];
}

/** The options of `evaluate`. */
export interface EvaluateOptions {
  /** The number of examples per forward pass, 250 by default. */
  readonly batchSize?: number;
  /**
   * Whether the forward passes run as graphs on the backend `tensorflow`, if there are enough of
   * them to be worth it; true by default. Other backends ignore it.
   */
  readonly compile?: boolean;
  /**
   * Runs the forward passes. If it is not given, `evaluate` creates a compiler itself. The caller
   * disposes a given compiler.
   */
  readonly compiler?: StepCompiler;
  /**
   * The processes that divide the batches among themselves. All call `evaluate` with the same
   * arguments, and all get the result on the whole dataset, bit for bit that of a single process.
   */
  readonly group?: Group;
  /**
   * If it is aborted, `evaluate` stops before the next batch and rejects with the signal's reason.
   * In a group, it also stops on the other ranks, after their batches, and rejects there with
   * `GroupStopped`.
   */
  readonly signal?: AbortSignal;
}

/**
 * From this number of batches on, a graph takes less time than running the operations one by one.
 */
const WORTH_COMPILING = 8;

/**
 * Measures the performance of a classifier on a dataset, in inference mode. The network returns one
 * score per class. An example with a NaN score counts as an error. `evaluate` yields to the event
 * loop after each batch.
 *
 * Shapes: the network's input [N, ...inputShape], its output [N, classes].
 * Errors: those of the boxes and of the dataset; an empty dataset; an output of the wrong shape; an
 *         unknown option.
 *
 *     const { accuracy, confusion } = await evaluate(network, test, { batchSize: 250 });
 *     console.log(`${(100 * accuracy).toFixed(1)} % correct`);
 */
export async function evaluate(
  network: Module,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkOptions('evaluate', options, ['batchSize', 'compile', 'compiler', 'group', 'signal']);
  const { batchSize = 250, compile = true, group = soloGroup, signal } = options;
  const cost: Cost = new SoftmaxCrossEntropy({ reduction: 'sum' });
  if (dataset.length === 0) {
    throw new InputError(`evaluate: expected examples in ${dataset.name}, got none`);
  }
  const metrics = new ClassificationMetrics(dataset.classes);
  const isWorthIt = compile && dataset.length >= WORTH_COMPILING * batchSize;
  const own = options.compiler === undefined && isWorthIt ? await stepCompiler() : undefined;
  const run: StepCompiler['run'] = (options.compiler ?? own)?.run ?? ((part) => part());
  // One number per batch, so that the order of their sum does not depend on the ranks.
  const count = batchCount(dataset.length, batchSize);
  // The last number counts the ranks that have stopped: the others wait for them in the same sum.
  const totals = new Float64Array(count + 1);
  const losses = totals.subarray(0, count);
  let k = -1;
  try {
    for (const indices of batches(dataset.length, batchSize)) {
      if (signal?.aborted === true) {
        totals[count] = 1;
        break;
      }
      k++;
      if (k % group.size !== group.rank) continue;
      const { input, labels } = await dataset.batch(indices);
      try {
        const infer = () => {
          const scores = network.infer(input, { mode: 'inference' });
          if (scores.shape.join() !== `${indices.length},${dataset.classes}`) {
            throw new BoxError(
              [`${nameOf(network)}.forward`],
              `expected output of shape [${indices.length}, ${dataset.classes}] for ${dataset.name}, got [${scores.shape.join(', ')}]`,
            );
          }
          return { scores, loss: cost.forward(scores, labels).loss };
        };
        // Inference changes nothing, so nothing must be undone before it runs again.
        const result = run(
          () => tidy(infer),
          () => undefined,
        );
        metrics.add(await result.scores.data(), await labels.data());
        [losses[k]] = await result.loss.data();
        disposeTensors(result);
      } finally {
        disposeTensors([input, labels]);
      }
      await yieldToEventLoop();
    }
  } finally {
    own?.dispose();
  }
  group.sum(totals);
  if (totals[count] > 0) {
    signal?.throwIfAborted();
    throw new GroupStopped();
  }
  metrics.merge(group);
  const loss = losses.reduce((sum, value) => sum + value, 0);
  const { errors, top5Errors, confusion } = metrics;
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
