import { softmax, tensor4d, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { InputError, show } from '../lib/errors.ts';
import { checkOptions, checkSize, checkTensor } from '../lib/check.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';

/** The options of `occlusion`. */
export interface OcclusionOptions {
  /** A batch that contains one image, [1, H, W, C]. */
  readonly image: Tensor4D;
  /** The class whose probability is computed. */
  readonly label: number;
  /** The side of the patch in pixels, 8 by default. */
  readonly size?: number;
  /**
   * The distance between neighbouring positions of the patch in pixels; by default half the patch's
   * side.
   */
  readonly stride?: number;
  /** The value that fills the patch, 0.5 by default. */
  readonly value?: number;
}

/** The probability of a class for each position of the patch. It is the result of `occlusion`. */
export interface OcclusionMap {
  /** The number of vertical positions of the patch. */
  readonly rows: number;
  /** The number of horizontal positions of the patch. */
  readonly columns: number;
  /** The probability of the class for each position of the patch, row by row. */
  readonly probabilities: Float32Array;
}

/**
 * Measures how much the prediction of a class depends on each part of an image. For each part, it
 * computes the probability of the class while a patch hides the part.
 *
 * Shapes: image [1, H, W, C]; the network gives scores [N, classes].
 * Errors: an unknown option; an image of the wrong shape; a size or stride that is not an integer
 *         of at least 1; those of the boxes.
 * Source: Zeiler & Fergus 2013, arXiv:1311.2901, section 4.2.
 *
 *     const { columns, probabilities } = await occlusion(network, { image, label: 7, size: 6 });
 *     probabilities[row * columns + column];   // small where the patch hides the 7
 */
export async function occlusion(network: Module, options: OcclusionOptions): Promise<OcclusionMap> {
  checkOptions('occlusion', options, ['image', 'label', 'size', 'stride', 'value']);
  const { image, label, size = 8, value = 0.5 } = options;
  const { stride = Math.max(1, Math.floor(size / 2)) } = options;
  const [, height, width, channels] = image.shape;
  checkTensor(network, 'occlusion', 'image', image, [1, height, width, channels]);
  checkSize(network, 'size', size);
  checkSize(network, 'stride', stride);
  const pixels = await image.data();
  const [rows, columns] = [height, width].map((side) =>
    Math.max(1, Math.ceil((side - size) / stride) + 1),
  );
  const probabilities = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const hidden = new Float32Array(columns * pixels.length);
    for (let column = 0; column < columns; column++) {
      hidden.set(pixels, column * pixels.length);
      for (let y = row * stride; y < Math.min(height, row * stride + size); y++) {
        const start = (column * height + y) * width + column * stride;
        const end = (column * height + y) * width + Math.min(width, column * stride + size);
        hidden.fill(value, start * channels, end * channels);
      }
    }
    const seen: Tensor = tidy(() =>
      softmax(network.infer(tensor4d(hidden, [columns, height, width, channels]))),
    );
    const values = await seen.data();
    const classes = seen.shape[1] ?? 1;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      disposeTensors(seen);
      throw new InputError(
        `occlusion: expected label to be a class from 0 to ${classes - 1}, got ${show(label)}`,
      );
    }
    for (let column = 0; column < columns; column++) {
      probabilities[row * columns + column] = values[column * classes + label];
    }
    disposeTensors(seen);
    await yieldToEventLoop();
  }
  return { rows, columns, probabilities };
}
