import { reshape, sqrt, stack } from '@tensorflow/tfjs-core';
import { momentsOver } from '../../lib/kernels/normalize/reductionGroups.ts';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import { brief, judge, sample, type Diagnostic, type DiagnosticContext } from './diagnostic.ts';

/**
 * Checks whether each channel of the data has a mean near 0 and a standard deviation near 1.
 * Initial weights assume this.
 */
export async function dataScale(context: DiagnosticContext): Promise<Diagnostic> {
  const batch = await context.data.batch(sample(context, 200, 1));
  const { rank, size, shape } = batch.input;
  // Networks for images also accept vectors, as images of one pixel, [1, 1, channels].
  const isImage = rank === 4 && size > shape[0] * shape[rank - 1];
  const found = tidy(() => {
    const groups = shape[rank - 1];
    const grouping = { outer: 1, rows: size / groups, groups, columns: 1 };
    const { mean, variance } = momentsOver(batch.input, grouping);
    return reshape(stack([mean, sqrt(variance)]), [2, groups]);
  });
  const values = await found.data();
  const channels = values.length / 2;
  disposeTensors([batch, found]);
  const [means, deviations] = [values.slice(0, channels), values.slice(channels)].map((of) =>
    Array.from(of),
  );
  const largest = Math.max(...means.map(Math.abs));
  const [least, most] = [Math.min(...deviations), Math.max(...deviations)];
  const constant = most === 0;
  const bad = constant || most > 10 || largest > 10;
  // Tables and the borders of images often have features that never change. In an image, a whole
  // channel that never changes is unusual.
  const severity = bad
    ? 'bad'
    : largest > 2 || most < 0.05 || (isImage && least < 0.01)
      ? 'warning'
      : 'good';
  const finding = `means up to ${brief(largest)} in magnitude, standard deviations from ${brief(least)} to ${brief(most)}`;
  const advice = constant
    ? 'All examples are the same: check how they are read.'
    : 'Subtract the mean of the training set and divide by its standard deviation, channel by channel.';
  return judge('data normalization', severity, finding, advice);
}
