import { tensor } from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { AnyModule } from '../lib/module.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';
import type { TopPatch } from './cutOut.ts';
import type { UnitPatches } from './topPatches.ts';
import type { Trace } from './trace.ts';
import { checkCounts, traceFor } from './traceFor.ts';

/** The options of `occludePatches`. */
export interface OccludePatchesOptions {
  /** The path of the box to which the units belong. */
  readonly box: string;
  /** The units and their patches, which `topPatches` found. */
  readonly units: readonly UnitPatches[];
  /** The side of the hiding square; by default a quarter of the patch's side, rounded up. */
  readonly size?: number;
  /** The distance between neighbouring squares; by default a quarter of their side, rounded up. */
  readonly stride?: number;
  /** The largest number of images that are computed at once, 100 by default. */
  readonly batchSize?: number;
  /** Receives the number of patches that are done, and the number of all. */
  readonly onPatch?: (done: number, patches: number) => void;
}

/**
 * Measures how much the response of a unit depends on each pixel of its patches. A square moves
 * over the patch and hides what is under it with the mean colour of the image:
 *
 *   map[y,x] = the mean response of the unit over the squares that hide pixel (y, x)
 *
 * It is low at the pixels without which the unit does not respond, and at most the patch's response
 * at pixels that do not matter.
 *
 * Shapes: images [height, width, C]; a map has the height and width of its patch, row by row.
 * Errors: an unknown option; examples that are not images; a size that is not an integer of at
 *         least 1; a box that does not exist; those of the boxes and the dataset.
 * Source: Zeiler & Fergus 2013, arXiv:1311.2901, section 4.2 and figure 7b.
 *
 *     const units = await topPatches(network, test, { box: '2' });
 *     const [[map]] = await occludePatches(network, test, { box: '2', units });
 * @returns one list of maps per unit, one map per patch.
 */
export async function occludePatches(
  network: AnyModule,
  data: Dataset,
  options: OccludePatchesOptions,
): Promise<Float32Array[][]> {
  const known = ['box', 'units', 'size', 'stride', 'batchSize', 'onPatch'] as const;
  checkOptions('occludePatches', options, known);
  const { box, units, size, stride, batchSize = 100, onPatch } = options;
  checkCounts('occludePatches', { size: size ?? 1, stride: stride ?? 1, batchSize });
  if (data.inputShape.length !== 3) {
    throw new InputError(
      `occludePatches: expected images, got examples of shape ${show([...data.inputShape])}`,
    );
  }
  const trace = traceFor('occludePatches', network, box, data.inputShape);
  const all = units.reduce((sum, { patches }) => sum + patches.length, 0);
  const maps: Float32Array[][] = [];
  let done = 0;
  for (const { unit, patches } of units) {
    const own: Float32Array[] = [];
    for (const patch of patches) {
      const [height, width] = patch.shape;
      const side = size ?? Math.max(1, Math.ceil(Math.min(height, width) / 4));
      const step = stride ?? Math.ceil(side / 4);
      own.push(await occlude(trace, data, { unit, patch, size: side, stride: step, batchSize }));
      onPatch?.(++done, all);
      await yieldToEventLoop();
    }
    maps.push(own);
  }
  return maps;
}

/** A patch and the squares that hide parts of it. */
interface Occluded {
  readonly unit: number;
  readonly patch: TopPatch;
  readonly size: number;
  readonly stride: number;
  readonly batchSize: number;
}

async function occlude(
  trace: Trace,
  data: Dataset,
  { unit, patch, size, stride, batchSize }: Occluded,
): Promise<Float32Array> {
  const [height, width] = patch.shape;
  const squares = starts(height, size, stride).flatMap((y) =>
    starts(width, size, stride).map((x): readonly [number, number] => [y, x]),
  );
  const batch = await data.batch(Int32Array.of(patch.example));
  const pixels = await batch.input.data();
  disposeTensors(batch);
  const [, columns, channels] = data.inputShape;
  const mean = meanColour(pixels, channels);
  const place = patch.place.reduce((at, index, axis) => at * trace.outputShape[axis] + index, 0);
  const [sums, counts] = [new Float32Array(height * width), new Float32Array(height * width)];
  for (let first = 0; first < squares.length; first += batchSize) {
    const chunk = squares.slice(first, first + batchSize);
    const hidden = new Float32Array(chunk.length * pixels.length);
    chunk.forEach(([top, left], n) => {
      hidden.set(pixels, n * pixels.length);
      for (const [y, x] of pixelsOf(top, left, size, height, width)) {
        const row = patch.corner[0] + y;
        hidden.set(mean, n * pixels.length + (row * columns + patch.corner[1] + x) * channels);
      }
    });
    const input = tensor(hidden, [chunk.length, ...data.inputShape], 'float32');
    const output = trace.infer(input);
    const values = await output.data();
    disposeTensors([input, output]);
    const length = values.length / chunk.length;
    const units = trace.outputShape[trace.outputShape.length - 1];
    chunk.forEach(([top, left], n) => {
      for (const [y, x] of pixelsOf(top, left, size, height, width)) {
        sums[y * width + x] += values[n * length + place * units + unit];
        counts[y * width + x]++;
      }
    });
  }
  // A pixel that no square hides, because the stride is larger than the square, changes nothing.
  return sums.map((sum, i) => (counts[i] === 0 ? patch.response : sum / counts[i]));
}

/** Returns the first positions of the squares along an axis. The last square ends at the end. */
function starts(length: number, size: number, stride: number): number[] {
  if (length === 0) return [];
  const last = Math.max(0, length - size);
  const regular = Array.from({ length: Math.ceil(last / stride) }, (_, k) => k * stride);
  return [...regular, last];
}

/** Returns the pixels of a patch under a square. */
function pixelsOf(top: number, left: number, size: number, height: number, width: number) {
  const [rows, columns] = [Math.min(size, height - top), Math.min(size, width - left)];
  return Array.from({ length: rows * columns }, (_, i): readonly [number, number] => [
    top + Math.floor(i / columns),
    left + (i % columns),
  ]);
}

function meanColour(pixels: ArrayLike<number>, channels: number): Float32Array {
  const mean = new Float32Array(channels);
  for (let i = 0; i < pixels.length; i++) mean[i % channels] += pixels[i];
  return mean.map((sum) => (sum * channels) / pixels.length);
}
