import type { Rank } from '@tensorflow/tfjs-core';
import { Affine } from '../modules/historic/affine.ts';
import { InputError, show } from '../lib/errors.ts';
import { constant } from '../lib/constant.ts';
import { disposeTensors } from '../lib/memory.ts';
import { batches } from './batches.ts';
import type { Dataset } from './dataset.ts';

/** Of each channel, over all records and positions. */
export interface ChannelStatistics {
  readonly mean: readonly number[];
  /** The root of the mean squared deviation. */
  readonly std: readonly number[];
}

/** Mean and standard deviation of a dataset's channels, its last axis; summed in double precision, batch by batch. */
export async function channelStatistics(dataset: Dataset): Promise<ChannelStatistics> {
  const channels = dataset.inputShape.at(-1) ?? 1;
  const mean = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let count = 0;
  for (const indices of batches(dataset.length, 1000)) {
    const { input, labels } = await dataset.batch(indices);
    const values = await input.data();
    disposeTensors([input, labels]);
    for (let i = 0; i < values.length; i += channels) {
      count++;
      for (let c = 0; c < channels; c++) {
        // Welford's update, which loses nothing where the mean is large beside the deviation.
        const apart = values[i + c] - mean[c];
        mean[c] += apart / count;
        squares[c] += apart * (values[i + c] - mean[c]);
      }
    }
  }
  return { mean: Array.from(mean), std: Array.from(squares, (sum) => Math.sqrt(sum / count)) };
}

/**
 * The box that gives channels mean 0 and standard deviation 1, (x_in − mean) / std; a channel that never changes, as
 * std = 0 says, becomes 0. See a dataset through it with `through`.
 *
 * Errors: lists of unlike lengths, a number that is not finite, a std below 0.
 */
export function standardization({ mean, std }: ChannelStatistics): Affine {
  if (mean.length !== std.length || mean.length === 0) {
    throw new InputError(
      `standardization: expected a mean and a std for each channel, got ${mean.length} and ${std.length}`,
    );
  }
  const strange =
    [...mean, ...std].find((value) => !Number.isFinite(value)) ?? std.find((value) => value < 0);
  if (strange !== undefined) {
    throw new InputError(
      `standardization: expected finite means, and stds of at least 0, got ${show(strange)}`,
    );
  }
  const box = new Affine(mean.length);
  const gains = std.map((value) => 1 / (value || 1));
  const shifts = mean.map((value, c) => -value * gains[c]);
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
