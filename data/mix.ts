import { tensor, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import { datasetInfo, type Batch, type Dataset } from './dataset.ts';

/** The options of `mix`; at least one is required. */
export interface MixOptions {
  /** α of mixup, above 0. The published values are 0.1 to 0.4 for photographs. */
  readonly mixup?: number;
  /** α of cutmix, above 0; published with 1. The examples must be images. */
  readonly cutmix?: number;
}

/** Added to the number of an example, so that no other augmentation draws the same numbers. */
const OWN_NUMBERS = 0x80000000;
const PARTNER_NUMBERS = 0xc0000000;

/**
 * Makes a dataset whose training examples are mixed with others. Each example a gets a partner b,
 * drawn from the whole dataset, and a part λ with the distribution Beta(α, α):
 *
 *   mixup     x = λ x_a + (1 − λ) x_b                        y = λ y_a + (1 − λ) y_b
 *   cutmix    x = x_a outside a rectangle and x_b inside     y as above, with λ = 1 − area/(H W)
 *
 * y_a and y_b are the distributions that are 1 at the labels. The rectangle has the height
 * H √(1 − λ) and the width W √(1 − λ), and its center is anywhere; the part outside the image is
 * cut off, and λ is then computed from the area inside. If both are given, each example draws one
 * of them. The batch has the distributions y as its `target`, and as the label of an example the
 * class with the larger part. `SoftmaxCrossEntropy` takes them as they are.
 *
 * Example k of a batch draws its numbers from `rng.fold(2^31 + k)`, so the ranks of a group mix as
 * one process does. Batches without a generator, as in validation, are not changed. Apply `mix`
 * after `augment`.
 *
 * Errors: an α that is not above 0; no α; cutmix of examples that are not images; an unknown
 *         option; those of the dataset.
 * Source: Zhang, Cissé, Dauphin, Lopez-Paz 2018, arXiv:1710.09412 (mixup); Yun et al. 2019,
 *         arXiv:1905.04899 (cutmix). There, one λ serves a whole batch, and partners are examples
 *         of the batch.
 *
 *     const mixed = mix(augment(train, [flip()]), { mixup: 0.2, cutmix: 1 });
 */
export function mix(dataset: Dataset, options: MixOptions): Dataset {
  checkOptions('mix', options, ['mixup', 'cutmix']);
  const { mixup, cutmix } = options;
  for (const [name, alpha] of Object.entries({ mixup, cutmix })) {
    if (alpha === undefined || (Number.isFinite(alpha) && alpha > 0)) continue;
    throw new InputError(`mix: expected ${name} to be a number above 0, got ${show(alpha)}`);
  }
  const { name, inputShape, classes } = dataset;
  if (cutmix !== undefined && inputShape.length !== 3) {
    throw new InputError(
      `${name}: expected images [height, width, channels] for cutmix, got ${show(inputShape)}`,
    );
  }
  const mixes: Mix[] = [];
  if (mixup !== undefined) mixes.push((a, b, rng) => blend(a, b, beta(mixup, rng)));
  if (cutmix !== undefined)
    mixes.push((a, b, rng) => paste(a, b, inputShape, { part: beta(cutmix, rng), rng }));
  if (mixes.length === 0) throw new InputError('mix: expected mixup, cutmix or both, got none');
  return {
    ...datasetInfo(dataset),
    async batch(indices, rng, share): Promise<Batch> {
      if (rng === undefined) return dataset.batch(indices, rng, share);
      const first = share?.from ?? 0;
      const own = Array.from(indices, (_, k) => rng.fold(OWN_NUMBERS + first + k));
      const partners = Int32Array.from(own, (numbers) => numbers.integer(dataset.length));
      const batch = await dataset.batch(indices, rng, share);
      let other: Batch | undefined;
      try {
        other = await dataset.batch(partners, rng.fold(PARTNER_NUMBERS), share);
        const [a, b] = [await batch.input.data(), await other.input.data()];
        const [aLabels, bLabels] = [await batch.labels.data(), await other.labels.data()];
        const size = a.length / indices.length;
        const input = new Float32Array(a.length);
        const labels = new Int32Array(indices.length);
        const target = new Float32Array(indices.length * classes);
        own.forEach((numbers, k) => {
          const row = (values: typeof a) =>
            Float32Array.from(values.subarray(k * size, (k + 1) * size));
          const { mixed, part } = numbers.pick(mixes)(row(a), row(b), numbers);
          input.set(mixed, k * size);
          labels[k] = part >= 0.5 ? aLabels[k] : bLabels[k];
          target[k * classes + aLabels[k]] += part;
          target[k * classes + bLabels[k]] += 1 - part;
        });
        return {
          input: tensor(input, batch.input.shape, 'float32'),
          labels: tensor1d(labels, 'int32'),
          target: tensor2d(target, [indices.length, classes]),
        };
      } finally {
        disposeTensors([batch, other].map((used) => ({ ...used })));
      }
    },
  };
}

/** Mixes two inputs, and returns the part of the first one. */
type Mix = (
  a: Float32Array,
  b: Float32Array,
  rng: Rng,
) => { readonly mixed: Float32Array; readonly part: number };

function blend(a: Float32Array, b: Float32Array, part: number): ReturnType<Mix> {
  return { mixed: a.map((value, i) => part * value + (1 - part) * b[i]), part };
}

/** Copies a rectangle of b, whose share of the area is 1 − part before it is cut off, into a. */
function paste(
  a: Float32Array,
  b: Float32Array,
  [height, width, channels]: readonly number[],
  { part, rng }: { readonly part: number; readonly rng: Rng },
): ReturnType<Mix> {
  const side = Math.sqrt(1 - part);
  const range = (size: number): [from: number, to: number] => {
    const [center, length] = [rng.integer(size), Math.floor(size * side)];
    const from = center - Math.floor(length / 2);
    return [Math.max(from, 0), Math.min(from + length, size)];
  };
  const [[top, bottom], [left, right]] = [range(height), range(width)];
  const mixed = a.slice();
  for (let y = top; y < bottom; y++) {
    const [from, to] = [(y * width + left) * channels, (y * width + right) * channels];
    mixed.set(b.subarray(from, Math.max(to, from)), from);
  }
  const area = Math.max(bottom - top, 0) * Math.max(right - left, 0);
  return { mixed, part: 1 - area / (height * width) };
}

/** Draws from Beta(α, α), as a quotient of two numbers with the distribution Gamma(α). */
function beta(alpha: number, rng: Rng): number {
  const [a, b] = [gamma(alpha, rng), gamma(alpha, rng)];
  // For a tiny α both may be 0 in double precision; then almost all of the distribution is at the
  // ends.
  return a + b > 0 ? a / (a + b) : rng.integer(2);
}

/**
 * Draws from Gamma(α, 1).
 *
 * Source: Marsaglia & Tsang 2000, "A simple method for generating gamma variables".
 */
function gamma(alpha: number, rng: Rng): number {
  if (alpha < 1) return gamma(alpha + 1, rng) * (1 - rng.uniform()) ** (1 / alpha);
  const d = alpha - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = rng.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - rng.uniform()) < 0.5 * x ** 2 + d - d * v + d * Math.log(v))
      return d * v;
  }
}
