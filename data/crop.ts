import { tensor } from '@tensorflow/tfjs-core';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import { datasetInfo, type Batch, type Dataset } from './dataset.ts';

/**
 * Makes a dataset of windows of height x width from larger images. In training, when a batch has a
 * generator, the window is at a random place; otherwise it is in the middle. If the image cannot be
 * cut equally on both sides, one pixel more is cut off at the bottom or on the right.
 *
 * Errors: examples that are not images [height, width, channels], or that are smaller than the
 *          window.
 * Source: Krizhevsky, Sutskever, Hinton 2012, section 4.1.
 *
 *     const { train } = await loadCifar('cifar-10-batches-bin');
 *     const cropped = crop(train, [24, 24]);
 */
export function crop(dataset: Dataset, [height, width]: readonly [number, number]): Dataset {
  const { name, inputShape } = dataset;
  const [fullHeight, fullWidth, channels] = inputShape;
  const fits = [height, width].every((size) => Number.isSafeInteger(size) && size >= 1);
  if (inputShape.length !== 3 || !fits || height > fullHeight || width > fullWidth) {
    throw new InputError(
      `${name}: expected images of at least ${height}x${width} pixels to crop, got ${show(inputShape)}`,
    );
  }
  const start = (rest: number, rng?: Rng) =>
    rng === undefined ? Math.floor(rest / 2) : rng.integer(rest + 1);
  const row = width * channels;
  return {
    ...datasetInfo(dataset),
    inputShape: [height, width, channels],
    async batch(indices, rng, share): Promise<Batch> {
      const full = await dataset.batch(indices, rng, share);
      const place = share ?? { from: 0, of: indices.length };
      const values = await full.input.data();
      disposeTensors(full.input);
      const windows = new Float32Array(indices.length * height * row);
      for (let k = 0; k < indices.length; k++) {
        // `augment` uses the generator fold(k), so a different generator is used here.
        const exampleRng = rng?.fold(place.of + place.from + k);
        const top = start(fullHeight - height, exampleRng);
        const left = start(fullWidth - width, exampleRng);
        for (let y = 0; y < height; y++) {
          const from = ((k * fullHeight + top + y) * fullWidth + left) * channels;
          windows.set(values.subarray(from, from + row), (k * height + y) * row);
        }
      }
      const input = tensor(windows, [indices.length, height, width, channels], 'float32');
      return { ...full, input };
    },
  };
}
