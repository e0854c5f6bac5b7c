import { softmax, tensor4d, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkSize, checkTensor } from '../lib/check.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';

export interface OcclusionOptions {
  /** Side of the patch, 8 by default. */
  readonly size?: number;
  /** From one place to the next, half the side by default. */
  readonly stride?: number;
  /** What the patch is filled with, 0.5 by default. */
  readonly value?: number;
}

/** What `occlusion` finds: [rows, columns], a place of the patch each. */
export interface OcclusionMap {
  readonly rows: number;
  readonly columns: number;
  /** The class's probability with the patch there. */
  readonly probabilities: Float32Array;
}

/**
 * How much a class depends on each part of an image: its probability while a patch hides that part.
 *
 * Shapes: image [1, H, W, C]; the network gives scores [N, classes].
 * Source: Zeiler & Fergus 2013, arXiv:1311.2901, section 4.2.
 */
export async function occlusion(
  network: Module,
  image: Tensor4D,
  label: number,
  options: OcclusionOptions = {},
): Promise<OcclusionMap> {
  const { size = 8, stride = Math.max(1, Math.floor(size / 2)), value = 0.5 } = options;
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
    for (let column = 0; column < columns; column++) {
      probabilities[row * columns + column] = values[column * classes + label];
    }
    disposeTensors(seen);
    await yieldToEventLoop();
  }
  return { rows, columns, probabilities };
}
