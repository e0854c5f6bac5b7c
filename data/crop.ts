import { tensor } from '@tensorflow/tfjs-core';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import { datasetInfo, type Batch, type Dataset } from './dataset.ts';

/**
 * Windows of height x width out of larger images: in training, which gives a generator, anywhere in the image, else
 * from its middle (of an odd rest, the larger half stays below and on the right).
 *
 * Errors: records that are no images [height, width, channels], or smaller than the window.
 * Source: Krizhevsky, Sutskever, Hinton 2012, section 4.1.
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
  const place = (rest: number, rng?: Rng) =>
    rng === undefined ? Math.floor(rest / 2) : rng.integer(rest + 1);
  const row = width * channels;
  return {
    ...datasetInfo(dataset),
    inputShape: [height, width, channels],
    async batch(indices, rng): Promise<Batch> {
      const { input, labels } = await dataset.batch(indices, rng);
      const values = await input.data();
      disposeTensors(input);
      const cut = new Float32Array(indices.length * height * row);
      for (let k = 0; k < indices.length; k++) {
        // `augment` draws from fold(k).
        const own = rng?.fold(indices.length + k);
        const [top, left] = [place(fullHeight - height, own), place(fullWidth - width, own)];
        for (let y = 0; y < height; y++) {
          const from = ((k * fullHeight + top + y) * fullWidth + left) * channels;
          cut.set(values.subarray(from, from + row), (k * height + y) * row);
        }
      }
      return { input: tensor(cut, [indices.length, height, width, channels], 'float32'), labels };
    },
  };
}
