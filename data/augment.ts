import { tensor } from '@tensorflow/tfjs-core';
import { InputError, show } from '../lib/errors.ts';
import type { Share } from '../lib/group.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import { datasetInfo, type Batch, type Dataset } from './dataset.ts';

/** Height, width and channels of an image. */
export type ImageSize = readonly [height: number, width: number, channels: number];

/**
 * Changes one image at random. The image is a list of the values of [H, W, C]; the result is a new
 * list of the same length.
 */
export interface Augmentation {
  (image: Float32Array, size: ImageSize, rng: Rng): Float32Array;
}

/**
 * Makes a dataset whose images change at random each time the network trains on them. All
 * augmentations are applied, one after the other. Image k of a batch draws its random numbers from
 * `rng.fold(k)`, where `rng` is the generator of the batch. Batches without a generator, as in
 * validation, are not changed.
 *
 * Errors: a dataset whose examples are not images [height, width, channels]; in a batch, those of
 *         the augmentations; an augmentation that changes the size of an image.
 * Source: Simard, Steinkraus, Platt 2003, section 2; Krizhevsky, Sutskever, Hinton 2012, section
 *          4.1.
 *
 *     const { train } = await loadMnist();
 *     const augmented = augment(train, [shift(2), elastic()]);
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
    augmentations.reduce((changed, one) => one(changed, [height, width, channels], rng), image);
  return {
    ...datasetInfo(dataset),
    async batch(indices: Int32Array, rng?: Rng, share?: Share): Promise<Batch> {
      const batch = await dataset.batch(indices, rng, share);
      if (rng === undefined) return batch;
      const first = share?.from ?? 0;
      try {
        const values = Float32Array.from(await batch.input.data());
        for (let k = 0; k < indices.length; k++) {
          const changed = change(values.slice(k * size, (k + 1) * size), rng.fold(first + k));
          if (changed.length !== size) {
            throw new InputError(
              `${name}: expected augmentations to keep the ${size} values of an image, ` +
                `got ${changed.length}`,
            );
          }
          values.set(changed, k * size);
        }
        return { ...batch, input: tensor(values, batch.input.shape, 'float32') };
      } catch (error) {
        disposeTensors([batch.labels, batch.target]);
        throw error;
      } finally {
        disposeTensors(batch.input);
      }
    },
  };
}

/**
 * Returns an augmentation that shifts an image by up to `maxShift` pixels in each direction and
 * fills the border with 0. This is the same as a random crop of the padded image.
 *
 * Errors: a `maxShift` that is not an integer of at least 0, or that is as large as an image.
 *
 *     const augmented = augment(train, [shift(2)]);
 *     await new Trainer({ ...options, train: augmented }).run();
 */
export function shift(maxShift: number): Augmentation {
  if (!Number.isSafeInteger(maxShift) || maxShift < 0) {
    throw new InputError(
      `shift: expected a number of pixels that is an integer of at least 0, got ${show(maxShift)}`,
    );
  }
  return (image, [height, width, channels], rng) => {
    if (maxShift >= Math.min(height, width)) {
      throw new InputError(
        `shift: expected fewer pixels than images of ${height}x${width} have, got ${maxShift}`,
      );
    }
    const draw = () => rng.integer(2 * maxShift + 1) - maxShift;
    const [down, right] = [draw(), draw()];
    const shifted = new Float32Array(image.length);
    for (let row = Math.max(0, down); row < Math.min(height, height + down); row++) {
      for (let column = Math.max(0, right); column < Math.min(width, width + right); column++) {
        const from = ((row - down) * width + column - right) * channels;
        shifted.set(image.subarray(from, from + channels), (row * width + column) * channels);
      }
    }
    return shifted;
  };
}

/**
 * Returns an augmentation that mirrors an image from left to right with probability ½.
 *
 *     const { train } = await loadCifar('cifar-10-batches-bin');
 *     const augmented = augment(train, [flip(), shift(4)]);
 */
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
