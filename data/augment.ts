import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import { datasetInfo, type Batch, type Dataset } from './dataset.ts';

/** Height, width and channels of an image. */
export type ImageSize = readonly [height: number, width: number, channels: number];

/** A random change of one image, [H, W, C] as a list; gives a new list of the same length. */
export interface Augmentation {
  (image: Float32Array, size: ImageSize, rng: Rng): Float32Array;
}

/**
 * A dataset of images that are changed at random, one after the other augmentation, whenever they are trained on. Image
 * k of a batch draws from `rng.fold(k)` of the batch's generator; without a generator images are as they are.
 *
 * Errors: a dataset whose records are no images [height, width, channels].
 * Source: Simard, Steinkraus, Platt 2003, section 2; Krizhevsky, Sutskever, Hinton 2012, section 4.1.
 */
export function augment(dataset: Dataset, augmentations: readonly Augmentation[]): Dataset {
  const { name, inputShape } = dataset;
  if (inputShape.length !== 3) {
    throw new InputError(
      `${name}: expected images [height, width, channels] to augment, got ${show(inputShape)}`,
    );
  }
  const [height, width, channels] = inputShape;
  const size = height * width * channels;
  const change = (image: Float32Array, rng: Rng) =>
    augmentations.reduce((seen, one) => one(seen, [height, width, channels], rng), image);
  return {
    ...datasetInfo(dataset),
    async batch(indices: Int32Array, rng?: Rng): Promise<Batch> {
      const batch = await dataset.batch(indices, rng);
      if (rng === undefined) return batch;
      const values = Float32Array.from(await batch.input.data());
      for (let k = 0; k < indices.length; k++) {
        values.set(change(values.slice(k * size, (k + 1) * size), rng.fold(k)), k * size);
      }
      const input: Tensor = tensor(values, batch.input.shape, 'float32');
      disposeTensors(batch.input);
      return { input, labels: batch.labels };
    },
  };
}

/** Moves the image by −most ... most pixels down and right, what comes in being 0: a crop of the padded image. */
export const shift =
  (most: number): Augmentation =>
  (image, [height, width, channels], rng) => {
    const [down, right] = [rng.integer(2 * most + 1) - most, rng.integer(2 * most + 1) - most];
    const moved = new Float32Array(image.length);
    for (let row = Math.max(0, down); row < Math.min(height, height + down); row++) {
      for (let column = Math.max(0, right); column < Math.min(width, width + right); column++) {
        const from = ((row - down) * width + column - right) * channels;
        moved.set(image.subarray(from, from + channels), (row * width + column) * channels);
      }
    }
    return moved;
  };

/** Every other image as in a mirror, left for right. */
export const flip =
  (): Augmentation =>
  (image, [, width, channels], rng) => {
    if (rng.integer(2) === 0) return image;
    return image.map((_, i) => {
      const [pixel, channel] = [Math.floor(i / channels), i % channels];
      const column = pixel % width;
      return image[(pixel - column + width - 1 - column) * channels + channel];
    });
  };
