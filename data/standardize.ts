import type { Rank } from '@tensorflow/tfjs-core';
import { Affine } from '../modules/historic/affine.ts';
import { InputError, show } from '../lib/errors.ts';
import { constant } from '../lib/constant.ts';
import { disposeTensors } from '../lib/memory.ts';
import { batches } from './batches.ts';
import type { Dataset } from './dataset.ts';
import type { TargetDataset } from './targets.ts';

/**
 * The mean and standard deviation of each channel. They are taken over all examples and positions.
 */
export interface ChannelStatistics {
  /** The means. */
  readonly mean: readonly number[];
  /** The standard deviations, which are the roots of the mean squared deviations. */
  readonly std: readonly number[];
}

/**
 * Computes the mean and standard deviation of each channel of a dataset in double precision. The
 * channels are the last axis of the inputs.
 *
 *     const { mean, std } = await channelStatistics(train);
 *     const standardized = mapInputs(train, standardization({ mean, std }));
 */
export async function channelStatistics(
  dataset: Dataset | TargetDataset,
): Promise<ChannelStatistics> {
  const channels = dataset.inputShape.at(-1) ?? 1;
  const mean = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let count = 0;
  for (const indices of batches(dataset.length, 1000)) {
    const batch = await dataset.batch(indices);
    const values = await batch.input.data();
    disposeTensors({ ...batch });
    for (let i = 0; i < values.length; i += channels) {
      count++;
      for (let c = 0; c < channels; c++) {
        // Welford's update is precise even if the mean is much larger than the deviation.
        const deviation = values[i + c] - mean[c];
        mean[c] += deviation / count;
        squares[c] += deviation * (values[i + c] - mean[c]);
      }
    }
  }
  return { mean: Array.from(mean), std: Array.from(squares, (sum) => Math.sqrt(sum / count)) };
}

/**
 * Makes a box that computes (x_in − mean) / std, so that channels have mean 0 and standard
 * deviation 1. A constant channel, which has std = 0, becomes 0. `mapInputs` applies the box to a
 * dataset.
 *
 * Errors: lists of different lengths; a value that is not finite; a std below 0, or so small that a
 *         parameter of the box would not be finite.
 *
 *     const box = standardization(await channelStatistics(train));
 *     const [train2, test2] = [mapInputs(train, box), mapInputs(test, box)];
 */
export function standardization({ mean, std }: ChannelStatistics): Affine {
  if (mean.length !== std.length || mean.length === 0) {
    throw new InputError(
      `standardization: expected a mean and a std for each channel, got ${mean.length} and ${std.length}`,
    );
  }
  const invalid =
    [...mean, ...std].find((value) => !Number.isFinite(value)) ?? std.find((value) => value < 0);
  if (invalid !== undefined) {
    throw new InputError(
      `standardization: expected finite means, and stds of at least 0, got ${show(invalid)}`,
    );
  }
  const box = new Affine(mean.length);
  const gains = std.map((value) => 1 / (value || 1));
  const shifts = mean.map((value, c) => -value * gains[c]);
  const extreme = gains.findIndex(
    (gain, c) => !Number.isFinite(Math.fround(gain)) || !Number.isFinite(Math.fround(shifts[c])),
  );
  if (extreme >= 0) {
    throw new InputError(
      `standardization: expected 1/std and mean/std that are finite in single precision, ` +
        `got mean ${mean[extreme]} and std ${std[extreme]} of channel ${extreme}`,
    );
  }
  for (const [name, values] of [
    ['weight', gains],
    ['bias', shifts],
  ] as const) {
    const next = constant<Rank.R1>(values, [values.length]);
    box.params[name]?.assign(next);
    disposeTensors(next);
  }
  return box;
}
