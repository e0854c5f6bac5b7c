import { slice, softmax, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { picturesOf, type Picture } from '../report/pictures.ts';
import { batchFor } from '../report/unitPatches.ts';

/** Images that were made or changed, and their labels. */
interface Images {
  /** The images before an attack; undefined for images from noise. */
  readonly before: Tensor | undefined;
  readonly after: Tensor;
  readonly labels: readonly number[];
  /** The indices of the examples before the attack. */
  readonly examples?: readonly number[];
  /** The generation in which each image appeared, if it was evolved. */
  readonly generations?: readonly number[];
}

/** An image that should deceive the network, and what the network predicts. */
export interface FooledImage {
  /** The name of the label, or of the class for which the image was made. */
  readonly label: string;
  /** The index of the example that was changed. */
  readonly example?: number;
  /** The predicted class before the change. */
  readonly predictedBefore?: string;
  readonly predicted: string;
  /** The probability of the predicted class. */
  readonly confidence: number;
  /** The probability of the class of the label. */
  readonly labelConfidence: number;
  /** The norm of the change, √Σ (x'ᵢ − xᵢ)². */
  readonly moved?: number;
  /** The generation in which an evolved image appeared. */
  readonly generation?: number;
  /** The pixels before and after the change. */
  readonly before?: Picture;
  readonly after: Picture;
}

/** Finds what a network predicts for images, with the pixels as pictures. */
export async function fooledImages(
  network: Module,
  { classNames, inputShape }: Pick<Dataset, 'classNames' | 'inputShape'>,
  { before, after, labels, examples, generations }: Images,
): Promise<FooledImage[]> {
  const name = (k: number) => classNames?.[k] ?? String(k);
  const now = await probabilities(network, after, inputShape);
  const then = before && (await probabilities(network, before, inputShape));
  const pictures = picturesOf(await after.data(), inputShape);
  const unchanged = before && picturesOf(await before.data(), inputShape);
  return labels.map((label, k) => {
    const predicted = largest(now[k]);
    const old = unchanged?.[k];
    return {
      label: name(label),
      ...(examples && { example: examples[k] }),
      ...(then && { predictedBefore: name(largest(then[k])) }),
      predicted: name(predicted),
      confidence: now[k][predicted],
      labelConfidence: now[k][label],
      ...(generations && { generation: generations[k] }),
      ...(old && { moved: distance(old, pictures[k]), before: old }),
      after: pictures[k],
    };
  });
}

/** Describes the prediction for an image in one line. */
export function describeFooled({
  label,
  example,
  predictedBefore,
  predicted,
  confidence,
  moved,
}: FooledImage): string {
  const sure = `${predicted} with ${(100 * confidence).toFixed(1)} %`;
  if (moved === undefined) return `class ${label}: predicted ${sure}`;
  return `example ${example}, label ${label}: predicted ${predictedBefore}, now ${sure}; moved by ${moved.toFixed(3)}`;
}

/** Returns the probability of each class for each image. */
async function probabilities(
  network: Module,
  images: Tensor,
  inputShape: readonly number[],
): Promise<number[][]> {
  const [count] = images.shape;
  const batchSize = batchFor(network, inputShape);
  const rows: number[][] = [];
  for (let start = 0; start < count; start += batchSize) {
    const found = tidy(() => {
      const batch = slice(images, start, Math.min(batchSize, count - start));
      return softmax(network.infer(batch, { mode: 'inference' }) as Tensor2D);
    });
    rows.push(...(await found.array()));
    disposeTensors(found);
  }
  return rows;
}

function largest(row: readonly number[]): number {
  return row.indexOf(Math.max(...row));
}

function distance({ values: a }: Picture, { values: b }: Picture): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (b[i] - a[i]) ** 2;
  return Math.sqrt(sum);
}
