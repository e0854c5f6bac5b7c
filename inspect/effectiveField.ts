import type { Dataset } from '../data/dataset.ts';
import { batches } from '../data/batches.ts';
import { checkOptions } from '../lib/check.ts';
import { constant, newValues } from '../lib/constant.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Interval } from '../lib/facts.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { AnyModule } from '../lib/module.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import { checkCounts, traceFor } from './traceFor.ts';

/** The options of `effectiveField`. */
export interface EffectiveFieldOptions {
  /** The path of a box or container: `2`, `stage1.0.residual.body.conv1`. */
  readonly box: string;
  /** The number of examples, starting with the first one; 100 by default. */
  readonly examples?: number;
  /** The number of examples per batch, 50 by default. */
  readonly batchSize?: number;
}

/** The receptive fields of the middle of a box's output. */
export interface EffectiveField {
  /** The shape of the image, [height, width]. */
  readonly shape: readonly number[];
  /** How strongly each pixel of the image influences the output, row by row. */
  readonly values: Float64Array;
  /**
   * The theoretical receptive field: the pixels on which the output may depend, the rows and then
   * the columns, both ends included. Undefined if it depends on none, or if a box does not state
   * its window.
   */
  readonly theoretical?: readonly [rows: Interval, columns: Interval];
  /** The side of a square with as many pixels as have more than 4.55 % of the largest influence. */
  readonly side: number;
}

/** 1 − 95.45 %, the threshold of the paper. */
const THRESHOLD = 1 - 0.9545;

/**
 * Computes the effective receptive field of a box: how strongly each pixel of the input influences
 * the value y in the middle of the box's output, from the gradient,
 *
 *   field[i,j] = √(mean of (∂y/∂x[n,i,j,c])²), over the examples n, the input's channels c,
 *                and the box's units, of which example n takes unit n mod units.
 *
 * It lies within the theoretical receptive field, and is smaller than it. Of a linear network with
 * one channel it is |∂y/∂x|, which does not depend on the examples.
 *
 * Shapes: images [height, width, C].
 * Errors: an unknown option; examples that are not images; a box that does not exist; numbers that
 *         are not integers of at least 1; those of the boxes and the dataset.
 * Source: Luo, Li, Urtasun, Zemel 2016, "Understanding the effective receptive field in deep
 *         convolutional neural networks", arXiv:1701.04128; the threshold is that of section 3.
 *
 *     const { values, side } = await effectiveField(network, test, { box: '5' });
 */
export async function effectiveField(
  network: AnyModule,
  data: Dataset,
  options: EffectiveFieldOptions,
): Promise<EffectiveField> {
  checkOptions('effectiveField', options, ['box', 'examples', 'batchSize']);
  const { box, batchSize = 50 } = options;
  const examples = Math.min(options.examples ?? 100, data.length);
  checkCounts('effectiveField', { examples, batchSize });
  if (data.inputShape.length !== 3) {
    throw new InputError(
      `effectiveField: expected images, got examples of shape ${show([...data.inputShape])}`,
    );
  }
  const trace = traceFor('effectiveField', network, box, data.inputShape);
  const units = trace.outputShape[trace.outputShape.length - 1];
  const axes = trace.outputShape.slice(0, -1);
  const middle = axes.map((size) => Math.floor(size / 2));
  const place = middle.reduce((at, index, axis) => at * axes[axis] + index, 0);
  const size = units * axes.reduce((product, length) => product * length, 1);
  const [height, width, channels] = data.inputShape;
  const sums = new Float64Array(height * width);
  for (const indices of batches(examples, batchSize)) {
    const batch = await data.batch(indices);
    const ones = newValues(indices.length * size);
    indices.forEach((example, n) => (ones[n * size + place * units + (example % units)] = 1));
    const gradOutput = constant(ones, [indices.length, ...trace.outputShape]);
    const gradient = trace.inputGradient(batch.input, gradOutput);
    const values = await gradient.data();
    disposeTensors([batch, gradOutput, gradient]);
    values.forEach((value, i) => (sums[Math.floor(i / channels) % sums.length] += value ** 2));
    await yieldToEventLoop();
  }
  const values = sums.map((total) => Math.sqrt(total / (examples * channels)));
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const strong = values.filter((value) => value > THRESHOLD * most).length;
  const point = middle.map((index): Interval => [index, index]);
  const span = trace.spanOfInput([...point, [0, units - 1]]);
  const known = span !== undefined && !('unknown' in span) ? span : undefined;
  return {
    shape: [height, width],
    values,
    ...(known && { theoretical: [known[0], known[1]] as const }),
    side: Math.sqrt(strong),
  };
}
