import type { Tensor } from '@tensorflow/tfjs-core';
import type { Cost } from '../lib/cost.ts';
import { InputError } from '../lib/errors.ts';
import { gatherText, GroupError, type Group, type Share } from '../lib/group.ts';

/** The place of a rank's examples in the batch of all ranks. */
export interface WholeBatch {
  /** The rank's examples in the whole batch; undefined if there is only one rank. */
  readonly share?: Share;
  /** The number of the rank's examples divided by the number of all examples, from 0 to 1. */
  readonly part: number;
  /**
   * The number by which the mean over the rank's examples divides. It is 0 if all of them are
   * ignored.
   */
  readonly weight: number;
  /**
   * The factor by which the rank's loss and gradients are multiplied in those of the whole batch.
   */
  readonly scale: number;
}

/**
 * Exchanges the sizes of the ranks' parts of a batch. With the divisors S_r of the ranks' means,
 * the mean over the whole batch is
 *
 *   C = Σ_r (S_r / Σ_s S_s) C_r
 *
 * so the gradients of a rank count with scale S_r / Σ_s S_s; for the reduction 'sum' the scale
 * is 1.
 *
 * Errors: a mean if the labels on all ranks are ignored.
 */
export function wholeBatch(
  group: Group | undefined,
  cost: Cost,
  input: Tensor,
  target: Tensor,
): WholeBatch {
  const [examples] = input.shape;
  if (group === undefined || group.size === 1) return { part: 1, weight: 1, scale: 1 };
  const own = cost.reduction === 'mean' ? cost.divisorOf(target) : examples;
  const sizes = new Float64Array(group.size + 1);
  sizes[group.rank] = examples;
  sizes[group.size] = own;
  group.sum(sizes);
  const counts = sizes.subarray(0, group.size);
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  const of = sum(counts);
  const total = sizes[group.size];
  if (total === 0) {
    throw new GroupError(
      `trainStep: expected examples that count in the mean, got none on ${group.size} ranks`,
    );
  }
  return {
    share: { from: sum(counts.subarray(0, group.rank)), count: examples, of },
    part: examples / of,
    weight: own,
    scale: cost.reduction === 'mean' ? own / total : 1,
  };
}

/**
 * Returns the sum of the losses of all ranks, or throws on all of them if one has a problem.
 *
 * Errors: the problem of the first rank that has one (the message names the rank).
 */
export function agreeOnProblem(
  group: Group | undefined,
  problem: string | undefined,
  loss: number,
): number {
  if (group === undefined || group.size === 1) {
    if (problem !== undefined) throw new InputError(problem);
    return loss;
  }
  const sums = Float64Array.of(problem === undefined ? 0 : 1, loss);
  group.sum(sums);
  const [broken, total] = sums;
  if (broken === 0) return total;
  const problems = gatherText(group, problem ?? '');
  const rank = problems.findIndex((text) => text !== '');
  throw new GroupError(`rank ${rank}: ${problems[rank]}`);
}
