import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { disposeTensors } from '../../lib/memory.ts';
import type { Rng } from '../../lib/rng.ts';
import { numElements } from '../../lib/shapes.ts';
import { AdaptiveAvgPool2D } from '../../modules/adaptiveAvgPool2d.ts';

/**
 * Turns the outputs of a box into at most `limit` features per example.
 *
 * - An image with more values is averaged over the cells of the finest grid, of about the shape of
 *   the image, with at most `limit` values.
 * - If there are still more, they are projected at random: each value is added, with a random sign,
 *   to one of `limit` features (a count sketch). Dot products are preserved in expectation.
 *
 * Source: Charikar, Chen, Farach-Colton 2002; Weinberger et al. 2009, arXiv:0902.2206, section 2.
 */
export class FeatureReducer {
  /** The number of features. */
  readonly features: number;
  readonly #pool: AdaptiveAvgPool2D | undefined;
  readonly #sketch: { readonly places: Int32Array; readonly signs: Float32Array } | undefined;

  /** @param shape the shape of an output, without the batch. */
  constructor(shape: readonly number[], limit: number, rng: Rng) {
    let kept = numElements(shape);
    if (shape.length === 3 && kept > limit) {
      const [height, width, channels] = shape;
      const shrink = Math.sqrt(limit / kept);
      const grid = [height, width].map((size) => Math.max(1, Math.floor(size * shrink)));
      // For a narrow image one side cannot shrink as much as the other.
      const most = Math.max(1, Math.floor(limit / channels));
      const [rows, columns] = [Math.min(grid[0], most), Math.min(grid[1], most)];
      const fits = rows * columns <= most ? columns : Math.max(1, Math.floor(most / rows));
      this.#pool = new AdaptiveAvgPool2D([rows, fits]);
      kept = rows * fits * channels;
    }
    if (kept > limit) {
      const places = Int32Array.from({ length: kept }, () => rng.integer(limit));
      const signs = Float32Array.from({ length: kept }, () => 2 * rng.integer(2) - 1);
      this.#sketch = { places, signs };
      kept = limit;
    }
    this.features = kept;
  }

  /** Pools an output on the backend. The caller owns the result. */
  pool(output: Tensor): Tensor {
    return this.#pool === undefined ? output.clone() : this.#pool.infer(output as Tensor4D);
  }

  /** Reads the features of pooled outputs, one row per example, and disposes the tensor. */
  async read(pooled: Tensor): Promise<Float32Array> {
    const values = Float32Array.from(await pooled.data());
    const [examples] = pooled.shape;
    disposeTensors(pooled);
    if (this.#sketch === undefined) return values;
    const { places, signs } = this.#sketch;
    const features = new Float32Array(examples * this.features);
    for (let n = 0; n < examples; n++) {
      for (let j = 0; j < places.length; j++)
        features[n * this.features + places[j]] += signs[j] * values[n * places.length + j];
    }
    return features;
  }
}
