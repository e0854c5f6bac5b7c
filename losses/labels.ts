import {
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
  checkProbabilities,
  checkSize,
  checkTensor,
  nameOf,
} from '../lib/check.ts';
import type { Reduction } from '../lib/cost.ts';
import { BoxError } from '../lib/errors.ts';
import { constant, scalar } from '../lib/constant.ts';
import { atClass, oneHot } from '../lib/kernels/elementwise/oneHot.ts';
import { hostValues } from '../lib/kernels/backends/hostValues.ts';

/** How a cost on class labels counts its examples. */
export interface LabelOptions {
  readonly reduction?: Reduction;
  /** What an example counts, by its class; 1 by default. */
  readonly weights?: readonly number[];
  /** An example of this label counts nothing; it may lie outside the classes. There is none by default. */
  readonly ignoreIndex?: number;
}

/** The options of a cost, as it keeps them. */
export interface LabelCost {
  readonly reduction: Reduction;
  readonly weights?: readonly number[] | undefined;
  readonly ignoreIndex?: number | undefined;
}

const LEAST_LABEL = -(2 ** 31);
/** The largest number of single precision. */
const LARGEST = 3.4028234663852886e38;

export function checkLabelOptions(
  cost: object,
  { reduction, weights, ignoreIndex }: LabelOptions,
): void {
  if (reduction !== undefined) checkChoice(cost, 'reduction', reduction, ['mean', 'sum']);
  weights?.forEach((weight, k) => checkNumber(cost, `weights[${k}]`, weight, 0));
  if (weights) checkSize(cost, 'the number of weights', weights.length);
  if (ignoreIndex !== undefined) checkSize(cost, 'ignoreIndex', ignoreIndex, LEAST_LABEL);
}

/** Refuses scores that are not [N, classes], with as many classes as there are weights. */
export function checkScores(cost: LabelCost, input: Tensor2D): void {
  checkTensor(cost, 'forward', 'input', input, ['N', cost.weights?.length ?? 'classes']);
}

/**
 * What each score of a batch has to answer for, from its labels, checked:
 *
 *   t_nk = c_n 1[k = y_n] / S,   c_n = w_{y_n}, or 0 where y_n is ignored;   S = Σ_n c_n for 'mean', 1 for 'sum'
 *
 * Labels that only a graphics card has are not refused: there t is NaN for one that is no class, and for a 'mean' of
 * which none counts, and the loss with it, at which training stops.
 */
export function labelTarget(
  cost: object,
  { reduction, weights, ignoreIndex }: LabelCost,
  labels: Tensor1D,
  [batch, classes]: [number, number],
): Tensor2D {
  checkTensor(cost, 'forward', 'labels', labels, [batch], 'int32');
  const classOf = hostValues(labels);
  if (classOf === undefined)
    return targetOnCard({ reduction, weights, ignoreIndex }, labels, classes);
  checkLabels(cost, classOf, classes, ignoreIndex);
  const counts = Float64Array.from(classOf, (y) => (y === ignoreIndex ? 0 : (weights?.[y] ?? 1)));
  const total = reduction === 'mean' ? counts.reduce((sum, count) => sum + count, 0) : 1;
  if (total === 0) {
    throw new BoxError(
      [`${nameOf(cost)}.forward`],
      `expected a label that counts, neither ignored nor of weight 0, to take the mean over, got none among ${batch}`,
    );
  }
  return oneHot(
    classOf,
    classes,
    counts.map((count) => count / total),
  );
}

function targetOnCard(
  { reduction, weights, ignoreIndex }: LabelCost,
  labels: Tensor1D,
  classes: number,
): Tensor2D {
  return tidy(() => {
    const own = atClass(labels, classes);
    const isClass = equal(max(own, 1, true), scalar(1));
    // No label is half a class.
    const isIgnored = equal(reshape(labels, [-1, 1]), scalar(ignoreIndex ?? 0.5));
    const counts = where(
      isIgnored,
      zerosLike(own),
      weights ? mul(own, constant(weights, [classes])) : own,
    );
    const total = reduction === 'mean' ? sum(counts) : scalar(1);
    // webgl divides 0 by 0 to 1.
    const none: Tensor = scalar(NaN);
    const target: Tensor = div(counts, where(greater(total, scalar(0)), total, none));
    return where(logicalOr(isClass, isIgnored), target, none) as Tensor2D;
  });
}

/**
 * Target probabilities, checked to lie between 0 and `most`. Where only a graphics card has them, those that do not
 * are NaN instead of refused, and the loss with them.
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
