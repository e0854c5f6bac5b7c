import type { Tensor } from '@tensorflow/tfjs-core';
import type { Cost } from '../lib/cost.ts';
import type { Group, Share } from '../lib/group.ts';

/** The place of a rank's examples in the batch of all ranks. */
export interface WholeBatch {
  /** The rank's examples in the whole batch; undefined if there is only one rank. */
  readonly share?: Share;
  /** The number of the rank's examples divided by the number of all examples, from 0 to 1. */
  readonly part: number;
  /** The factor by which the rank's loss and gradients are multiplied before they are summed. */
  readonly scale: number;
  /**
   * The sums of the losses and gradients over the ranks are divided by the sum of this number over
   * the ranks.
   */
  readonly weight: number;
}

/**
 * Returns the place of a rank's examples in the batch. With the divisors S_r of the ranks' means
 * and N examples on all ranks, the mean over the whole batch is
 *
 *   C = Σ_r (S_r/N) C_r / Σ_r (S_r/N)
 *
 * so scale = weight = S_r/N. If all examples have the same weight, the denominator is 1. For the
 * reduction 'sum', the scale is 1.
 *
 * @param options the rank's examples, and their place in the batch if it is known; otherwise the
 *   ranks exchange the sizes of their parts.
 */
export function wholeBatch(
  group: Group | undefined,
  cost: Cost,
  options: { readonly input: Tensor; readonly target: Tensor; readonly share?: Share },
): WholeBatch {
  if (group === undefined || group.size === 1) return { part: 1, scale: 1, weight: 1 };
  const { input, target } = options;
  const [examples] = input.shape;
  const share = options.share ?? exchangeSizes(group, examples);
  const part = examples / share.of;
  if (cost.reduction === 'sum') return { share, part, scale: examples === 0 ? 0 : 1, weight: part };
  const weight = examples === 0 ? 0 : cost.divisorOf(target) / share.of;
  return { share, part, scale: weight, weight };
}

/** Returns the share of this rank from the numbers of examples of all ranks. */
function exchangeSizes(group: Group, count: number): Share {
  const counts = new Float64Array(group.size);
  counts[group.rank] = count;
  group.sum(counts);
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  return { from: sum(counts.subarray(0, group.rank)), count, of: sum(counts) };
}
