import {
  abs,
  add,
  div,
  equal,
  greater,
  greaterEqual,
  lessEqual,
  logicalAnd,
  logicalOr,
  max,
  mul,
  reshape,
  sub,
  sum,
  tidy,
  where,
  zerosLike,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  checkChoice,
  checkLabels,
  checkNumber,
  checkOptions,
  checkProbabilities,
  checkSize,
  checkTensor,
  isTensor,
  nameOf,
} from '../lib/check.ts';
import type { Reduction } from '../lib/cost.ts';
import { BoxError } from '../lib/errors.ts';
import { constant, scalar } from '../lib/constant.ts';
import { atClass, oneHot } from '../lib/kernels/elementwise/oneHot.ts';
import { hostValues } from '../lib/kernels/backends/hostValues.ts';

/** The options of a cost for class labels. */
export interface LabelOptions {
  /** Whether the loss is the mean over the examples or their sum; 'mean' by default. */
  readonly reduction?: Reduction;
  /** The weight of each class, by which the losses of its examples are multiplied; 1 by default. */
  readonly weights?: readonly number[];
  /**
   * The label of examples that are ignored; by default no example is ignored. This label need not
   * be a class.
   */
  readonly ignoreIndex?: number;
}

/** The options of a cost for class labels, in the form in which the cost stores them. */
export interface LabelCost {
  readonly reduction: Reduction;
  readonly weights?: readonly number[] | undefined;
  readonly ignoreIndex?: number | undefined;
  /** ε, the part of the target distribution that all classes share; 0 by default. */
  readonly labelSmoothing?: number;
}

const LEAST_LABEL = -(2 ** 31);
/** The largest finite number in single precision. */
const LARGEST = 3.4028234663852886e38;

/** Throws if options of a cost for class labels are unknown or out of range. */
export function checkLabelOptions<Options extends LabelOptions>(
  cost: object,
  options: Options,
  others: readonly (keyof Options & string)[] = [],
): void {
  checkOptions(cost, options, ['reduction', 'weights', 'ignoreIndex', ...others]);
  const { reduction, weights, ignoreIndex } = options;
  if (reduction !== undefined) checkChoice(cost, 'reduction', reduction, ['mean', 'sum']);
  weights?.forEach((weight, k) => checkNumber(cost, `weights[${k}]`, weight, 0));
  if (weights) checkSize(cost, 'the number of weights', weights.length);
  if (ignoreIndex !== undefined) checkSize(cost, 'ignoreIndex', ignoreIndex, LEAST_LABEL);
}

/**
 * Checks scores of shape [N, ..., classes], whose last axis has one entry per weight if there are
 * weights.
 *
 * @returns the scores as a matrix [positions, classes], which is a new tensor.
 */
export function scoreRows(cost: LabelCost, input: Tensor): Tensor2D {
  const given = isTensor(input) ? input.shape : [];
  const classes = cost.weights?.length ?? given[given.length - 1] ?? 'classes';
  const between = given.length > 2 ? given.slice(1, -1) : [];
  checkTensor(cost, 'forward', 'input', input, [
    'N',
    ...between,
    given.length < 2 ? 'classes' : classes,
  ]);
  return reshape(input, [-1, given[given.length - 1]]);
}

/** Returns labels of shape [N, ...] as a list [positions]. Throws if they have another shape. */
export function labelRows(cost: object, labels: Tensor, scores: Tensor): Tensor1D {
  checkTensor(cost, 'forward', 'labels', labels, scores.shape.slice(0, -1), 'int32');
  // The values of the labels are read next. Those of the given tensor are known when a step is
  // recorded as a graph, but reading those of a reshaped tensor would split the graph.
  return labels.rank === 1 ? (labels as Tensor1D) : reshape(labels, [-1]);
}

/**
 * Checks labels, and returns the weight of each score of a batch in the loss, with K classes:
 *
 *   t_nk = w_k ((1 − ε) 1[k = y_n] + ε/K) / S, or 0 where y_n is ignored
 *   S = Σ_n w_{y_n} over the labels that are not ignored for 'mean', 1 for 'sum'
 *
 * Labels that exist only on the GPU are not checked. Instead, t is NaN for a label that is not a
 * class, and for a 'mean' if all labels are ignored. The loss is then NaN, and training stops.
 */
export function labelTarget(
  cost: object,
  options: LabelCost,
  labels: Tensor1D,
  [batch, classes]: [number, number],
): Tensor2D {
  const { reduction, weights, ignoreIndex, labelSmoothing = 0 } = options;
  checkTensor(cost, 'forward', 'labels', labels, [batch], 'int32');
  const classOf = hostValues(labels);
  if (classOf === undefined) return targetOnGpu(options, labels, classes);
  checkLabels(cost, classOf, classes, ignoreIndex);
  const counts = countsOf(classOf, { weights, ignoreIndex });
  const total = reduction === 'mean' ? sumOf(counts) : 1;
  if (total === 0) {
    throw new BoxError(
      [`${nameOf(cost)}.forward`],
      `expected at least one label for the mean that is not ignored and whose weight is not 0, got none among ${batch}`,
    );
  }
  if (labelSmoothing === 0) {
    return oneHot(
      classOf,
      classes,
      counts.map((count) => count / total),
    );
  }
  const target = new Float64Array(batch * classes);
  for (let n = 0; n < batch; n++) {
    if (classOf[n] === ignoreIndex) continue;
    for (let k = 0; k < classes; k++) {
      const y = (k === classOf[n] ? 1 - labelSmoothing : 0) + labelSmoothing / classes;
      target[n * classes + k] = ((weights?.[k] ?? 1) * y) / total;
    }
  }
  return constant(target, [batch, classes]);
}

/**
 * Returns S of `labelTarget` for 'mean': the sum of the weights of the labels that are not ignored.
 *
 * Errors: labels that exist only on the GPU.
 */
export function labelDivisor(
  cost: object,
  options: Pick<LabelCost, 'weights' | 'ignoreIndex'>,
  labels: Tensor,
): number {
  const classOf = hostValues(labels);
  if (classOf !== undefined) return sumOf(countsOf(classOf, options));
  throw new BoxError(
    [`${nameOf(cost)}.divisorOf`],
    'expected labels in main memory, got labels on the GPU',
  );
}

/** Returns w_{y_n} of `labelTarget` for each label, or 0 if the label is ignored. */
function countsOf(
  classOf: ArrayLike<number>,
  { weights, ignoreIndex }: Pick<LabelCost, 'weights' | 'ignoreIndex'>,
): Float64Array {
  return Float64Array.from(classOf, (y) => (y === ignoreIndex ? 0 : (weights?.[y] ?? 1)));
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function targetOnGpu(
  { reduction, weights, ignoreIndex, labelSmoothing = 0 }: LabelCost,
  labels: Tensor1D,
  classes: number,
): Tensor2D {
  return tidy(() => {
    const own = atClass(labels, classes);
    const isClass = equal(max(own, 1, true), scalar(1));
    // Without an ignoreIndex, labels are compared with 0.5, which no label equals.
    const isIgnored = equal(reshape(labels, [-1, 1]), scalar(ignoreIndex ?? 0.5));
    const counted = (y: Tensor) =>
      where(isIgnored, zerosLike(own), weights ? mul(y, constant(weights, [classes])) : y);
    const counts = counted(own);
    const total = reduction === 'mean' ? sum(counts) : scalar(1);
    // On webgl 0/0 is 1, so NaN is inserted explicitly.
    const none: Tensor = scalar(NaN);
    const smoothed = labelSmoothing === 0 ? counts : counted(smooth(own, labelSmoothing));
    const target: Tensor = div(smoothed, where(greater(total, scalar(0)), total, none));
    return where(logicalOr(isClass, isIgnored), target, none) as Tensor2D;
  });
}

/** Returns (1 − ε) y + ε/K for target distributions y over K classes. */
export function smooth(target: Tensor2D, labelSmoothing: number): Tensor2D {
  const uniform = scalar(labelSmoothing / target.shape[1]);
  return add(mul(target, scalar(1 - labelSmoothing)), uniform);
}

/**
 * Checks that target probabilities lie between 0 and `most`, and returns them. Probabilities that
 * exist only on the GPU are not checked. Instead, probabilities that are out of range become NaN,
 * and so does the loss.
 */
export function probabilityTarget<T extends Tensor>(cost: object, target: T, most = Infinity): T {
  const values = hostValues(target);
  if (values !== undefined) {
    checkProbabilities(cost, values, most);
    return target.clone();
  }
  return tidy(() => {
    const inside = logicalAnd(
      greaterEqual(target, scalar(0)),
      lessEqual(target, scalar(Math.min(most, LARGEST))),
    );
    return where<Tensor>(inside, target, scalar(NaN)) as T;
  });
}

/**
 * The largest allowed difference between 1 and the sum of an example's probabilities. Rounding the
 * probabilities to half precision causes differences of about this size.
 */
const SUM_TOLERANCE = 1e-3;

/**
 * Checks that the target probabilities of each example sum to 1, up to `SUM_TOLERANCE`, and returns
 * them. Probabilities that exist only on the GPU are not checked. Instead, they become NaN in each
 * example whose sum is not 1.
 */
export function distributionTarget(cost: object, target: Tensor2D): Tensor2D {
  const values = hostValues(target);
  if (values !== undefined) {
    const checked = probabilityTarget(cost, target);
    checkDistributions(cost, values, target.shape);
    return checked;
  }
  return tidy(() => {
    const checked = probabilityTarget(cost, target);
    const excess = abs(sub(sum(checked, 1, true), scalar(1)));
    const isOne = lessEqual(excess, scalar(SUM_TOLERANCE));
    return where<Tensor>(isOne, checked, scalar(NaN)) as Tensor2D;
  });
}

function checkDistributions(
  cost: object,
  values: ArrayLike<number>,
  [batch, classes]: readonly number[],
): void {
  for (let n = 0; n < batch; n++) {
    let total = 0;
    for (let k = 0; k < classes; k++) total += values[n * classes + k];
    if (Math.abs(total - 1) <= SUM_TOLERANCE) continue;
    throw new BoxError(
      [`${nameOf(cost)}.forward`],
      `expected target probabilities that sum to 1 for each example, got ${Number(total.toPrecision(4))} for example ${n}`,
    );
  }
}
