import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import { scalar } from '../lib/constant.ts';
import { Cost } from '../lib/cost.ts';
import { batchCount, batches } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { hasTargets, type TargetBatch, type TargetDataset } from '../data/targets.ts';
import { BoxError, InputError } from '../lib/errors.ts';
import { checkOptions, nameOf } from '../lib/check.ts';
import { GroupStopped, soloGroup, type Group } from '../lib/group.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { stepCompiler, type StepCompiler } from '../lib/kernels/graph/stepCompiler.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import { ClassificationMetrics } from './classificationMetrics.ts';
import { TargetMetrics, type TargetMetricValues } from './targetMetrics.ts';

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

/** The metrics of a network on a `TargetDataset`. */
export interface TargetEvaluation {
  /** The number of examples. */
  readonly examples: number;
  /**
   * The loss of the cost. For 'mean', it is the mean over the whole dataset; for 'sum', the sum
   * divided by the number of examples.
   */
  readonly loss: number;
  /** The metrics, whose names depend on the kind of the targets. */
  readonly metrics: TargetMetricValues;
  /**
   * The metrics of each number or answer of targets of shape `[k]`, in their order. For targets of
   * another shape, the list has one entry, and for labels none.
   */
  readonly each: readonly TargetMetricValues[];
}

/** The options of `evaluate` for a `TargetDataset`. */
export interface TargetEvaluateOptions extends EvaluateOptions {
  /** The cost of the network's output and the targets. */
  readonly cost: Cost;
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
 * Measures the performance of a network on a dataset, in inference mode. A classifier returns one
 * score per class, and an example with a NaN score counts as an error. For a `TargetDataset`, the
 * cost is required, and the metrics are those of the kind of its targets. `evaluate` yields to the
 * event loop after each batch.
 *
 * Shapes: the network's input [N, ...inputShape]; its output [N, classes], or for targets
 *         [N, ...target.shape] and, for labels per position, [N, ...target.shape, classes].
 * Errors: those of the boxes and of the dataset; an empty dataset; an output of the wrong shape; no
 *         cost for a `TargetDataset`; targets that all have the weight 0; an unknown option.
 *
 *     const { accuracy, confusion } = await evaluate(network, test, { batchSize: 250 });
 *     console.log(`${(100 * accuracy).toFixed(1)} % correct`);
 */
export function evaluate(
  network: Module,
  dataset: Dataset,
  options?: EvaluateOptions,
): Promise<Evaluation>;
export function evaluate(
  network: Module,
  dataset: TargetDataset,
  options: TargetEvaluateOptions,
): Promise<TargetEvaluation>;
export async function evaluate(
  network: Module,
  dataset: Dataset | TargetDataset,
  options: EvaluateOptions | TargetEvaluateOptions = {},
): Promise<Evaluation | TargetEvaluation> {
  const known = ['batchSize', 'compile', 'compiler', 'group', 'signal'] as const;
  checkOptions<Partial<TargetEvaluateOptions>>('evaluate', options, [...known, 'cost']);
  if (!hasTargets(dataset)) {
    checkOptions<EvaluateOptions>('evaluate', options, known);
    return evaluateLabels(network, dataset, options);
  }
  const cost = 'cost' in options ? options.cost : undefined;
  if (cost instanceof Cost) return evaluateTargets(network, dataset, { ...options, cost });
  throw new InputError(`evaluate: expected the cost of the targets of ${dataset.name}, got none`);
}

async function evaluateLabels(
  network: Module,
  dataset: Dataset,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { group = soloGroup } = options;
  const cost: Cost = new SoftmaxCrossEntropy({ reduction: 'sum' });
  const metrics = new ClassificationMetrics(dataset.classes);
  const losses = await eachBatch(network, dataset, options, {
    sums: 1,
    load: async (indices) => {
      const { input, labels: target } = await dataset.batch(indices);
      return { input, target };
    },
    outputShape: [dataset.classes],
    loss: (scores, labels) => cost.forward(scores, labels).loss,
    measure: (scores, labels, loss) => {
      metrics.add(scores, labels);
      return [loss];
    },
  });
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

async function evaluateTargets(
  network: Module,
  dataset: TargetDataset,
  options: TargetEvaluateOptions,
): Promise<TargetEvaluation> {
  const { cost, group = soloGroup } = options;
  const { kind } = dataset.target;
  const metrics = new TargetMetrics(dataset.target);
  const isMean = cost.reduction === 'mean';
  let divisor = 0;
  const sums = await eachBatch(network, dataset, options, {
    // Counts may be summed in any order. Sums of numbers round differently in another order, so
    // they are kept apart for each batch.
    sums: kind === 'numbers' ? 2 + metrics.sums.length : 2,
    load: (indices) => Promise.resolve(dataset.batch(indices)),
    outputShape: outputShapeOf(dataset),
    loss: (output, target) => {
      divisor = isMean ? cost.divisorOf(target) : 1;
      return divisor === 0 ? scalar(0) : cost.forward(output, target).loss;
    },
    measure: (output, target, loss, examples) => {
      const own = kind === 'numbers' ? new TargetMetrics(dataset.target) : metrics;
      own.add(output, target, examples);
      return [loss * divisor, isMean ? divisor : examples, ...(own === metrics ? [] : own.sums)];
    },
  });
  const width = kind === 'numbers' ? 2 + metrics.sums.length : 2;
  let [loss, weight] = [0, 0];
  for (let i = 0; i < sums.length; i += width) {
    [loss, weight] = [loss + sums[i], weight + sums[i + 1]];
    for (let j = 2; j < width; j++) metrics.sums[j - 2] += sums[i + j];
  }
  if (kind !== 'numbers') metrics.merge(group);
  if (weight === 0) {
    throw new InputError(
      `evaluate: expected targets of ${dataset.name} that count in the mean, got none`,
    );
  }
  const { values, each } = metrics;
  return { examples: dataset.length, loss: loss / weight, metrics: values, each };
}

/** Returns the shape of the output of a network for one example of a dataset. */
export function outputShapeOf(dataset: Dataset | TargetDataset): readonly number[] {
  if (!hasTargets(dataset)) return [dataset.classes];
  const { kind, shape, classes = 0 } = dataset.target;
  return kind === 'labels' ? [...shape, classes] : shape;
}

/** What `eachBatch` computes. */
interface BatchMeasure {
  /** The number of sums of each batch. */
  readonly sums: number;
  /** Loads the examples of a batch. */
  readonly load: (indices: Int32Array) => Promise<TargetBatch>;
  /** The shape of the output for one example. */
  readonly outputShape: readonly number[];
  /** Computes the loss. */
  readonly loss: (output: Tensor, target: Tensor) => Scalar;
  /** Returns the sums of a batch. */
  readonly measure: (
    output: ArrayLike<number>,
    target: ArrayLike<number>,
    loss: number,
    examples: number,
  ) => readonly number[];
}

/** Runs a network on all batches, and returns the sums of the batches in their order. */
async function eachBatch(
  network: Module,
  dataset: Pick<Dataset, 'name' | 'length'>,
  options: EvaluateOptions,
  { sums, load, outputShape, loss, measure }: BatchMeasure,
): Promise<Float64Array> {
  const { batchSize = 250, compile = true, group = soloGroup, signal } = options;
  if (dataset.length === 0) {
    throw new InputError(`evaluate: expected examples in ${dataset.name}, got none`);
  }
  const isWorthIt = compile && dataset.length >= WORTH_COMPILING * batchSize;
  const own = options.compiler === undefined && isWorthIt ? await stepCompiler() : undefined;
  const run: StepCompiler['run'] = (options.compiler ?? own)?.run ?? ((part) => part());
  // Each batch has sums of its own, so that the order of their sum does not depend on the ranks.
  const count = batchCount(dataset.length, batchSize) * sums;
  // The last number counts the ranks that have stopped. The other ranks learn of it from the sum.
  const totals = new Float64Array(count + 1);
  let k = -1;
  try {
    for (const indices of batches(dataset.length, batchSize)) {
      if (signal?.aborted === true) {
        totals[count] = 1;
        break;
      }
      k++;
      if (k % group.size !== group.rank) continue;
      const { input, target } = await load(indices);
      try {
        const infer = () => {
          const output = network.infer(input, { mode: 'inference' });
          checkOutput(network, dataset, output, [indices.length, ...outputShape]);
          return { output, loss: loss(output, target) };
        };
        // The second function must undo the changes of the first. Inference changes nothing.
        const result = run(
          () => tidy(infer),
          () => undefined,
        );
        const [values, targets] = [await result.output.data(), await target.data()];
        const [batchLoss] = await result.loss.data();
        totals.set(measure(values, targets, batchLoss, indices.length), k * sums);
        disposeTensors(result);
      } finally {
        disposeTensors([input, target]);
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
  return totals.subarray(0, count);
}

/** Throws if the output of a network does not have the shape that a dataset needs. */
export function checkOutput(
  network: Module,
  { name }: Pick<Dataset, 'name'>,
  { shape }: Tensor,
  expected: readonly number[],
): void {
  if (shape.join() === expected.join()) return;
  throw new BoxError(
    [`${nameOf(network)}.forward`],
    `expected output of shape [${expected.join(', ')}] for ${name}, got [${shape.join(', ')}]`,
  );
}
