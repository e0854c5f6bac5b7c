import { greater, mul, tidy, where, zerosLike, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { checkChoice, checkLabels, checkNumber, checkSize, checkTensor, nameOf } from './check.ts';
import type { Reduction } from './cost.ts';
import { BoxError } from './errors.ts';
import { scalar } from './kernels/constant.ts';
import { oneHot } from './kernels/oneHot.ts';

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
  readonly weights: readonly number[] | undefined;
  readonly ignoreIndex: number | undefined;
}

const LEAST_LABEL = -(2 ** 31);

export function checkLabelOptions(cost: object, { reduction, weights, ignoreIndex }: LabelOptions): void {
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
 */
export function labelTarget(cost: LabelCost, labels: Tensor1D, [batch, classes]: [number, number]): Tensor2D {
  const { reduction, weights, ignoreIndex } = cost;
  checkTensor(cost, 'forward', 'labels', labels, [batch], 'int32');
  const classOf = labels.dataSync();
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

/** t x, and 0 where t is 0 even if x is infinite there: the logarithm of a probability of 0 that nothing asks for. */
export function weigh(target: Tensor2D, x: Tensor2D): Tensor2D {
  return tidy(() => where(greater(target, scalar(0)), mul(target, x), zerosLike(x)));
}
