import { tensor } from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import type { Interval } from '../lib/facts.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { ProjectionRule } from '../lib/projectionRule.ts';
import { numElements } from '../lib/shapes.ts';
import type { PlacedResponse } from './topResponses.ts';
import type { Trace } from './trace.ts';

/** A part of an example to which a unit responds. */
export interface TopPatch {
  /** The index of the example in the dataset. */
  readonly example: number;
  /** The output of the unit. */
  readonly response: number;
  /** The position in the output of the box, with one index for each axis except the channels. */
  readonly place: readonly number[];
  /**
   * The first position of the patch in the example, with one index for each axis except the
   * channels.
   */
  readonly corner: readonly number[];
  /**
   * The shape of the patch, channels last. The patch is smaller at a border of the image. Its size
   * is 0 along each axis if the unit depends only on padding.
   */
  readonly shape: readonly number[];
  /** The values of the patch in row-major order, channels last. */
  readonly values: Float32Array;
  /** The derivative of the response with respect to each value, in the order of the values. */
  readonly gradient: Float32Array;
  /**
   * The signal that arrives at each value from a signal of 1 at the unit, by the chosen rule; by
   * default the gradient. Multiplied by the response, it is Zeiler & Fergus's projection.
   */
  readonly projection: Float32Array;
}

/** A response, and the unit to which it belongs. */
export interface UnitResponse extends PlacedResponse {
  readonly unit: number;
}

/** The options of `cutOut`. */
export interface CutOutOptions {
  /** The largest number of examples that are computed at once. */
  readonly batchSize: number;
  /** The rule of the projections. */
  readonly rule: ProjectionRule;
}

/** Cuts out the part of the example that each response depends on, with its projection. */
export async function cutOut(
  trace: Trace,
  data: Dataset,
  responses: readonly UnitResponse[],
  { batchSize, rule }: CutOutOptions,
): Promise<TopPatch[]> {
  const [axes, units] = [
    trace.outputShape.slice(0, -1),
    trace.outputShape[trace.outputShape.length - 1],
  ];
  const size = numElements(trace.outputShape);
  const found: TopPatch[] = [];
  for (let start = 0; start < responses.length; start += batchSize) {
    const chunk = responses.slice(start, start + batchSize);
    const batch = await data.batch(Int32Array.from(chunk, ({ example }) => example));
    const ones = new Float32Array(chunk.length * size);
    chunk.forEach(({ place, unit }, n) => (ones[n * size + place * units + unit] = 1));
    const gradOutput = tensor(ones, [chunk.length, ...trace.outputShape], 'float32');
    const gradient = trace.inputGradient(batch.input, gradOutput);
    const projection =
      rule === 'gradient' ? gradient.clone() : trace.project(batch.input, gradOutput, rule);
    const [values, slopes] = [await batch.input.data(), await gradient.data()];
    const projected = await projection.data();
    disposeTensors([batch, gradOutput, gradient, projection]);
    const [length, shape] = [values.length / chunk.length, data.inputShape];
    chunk.forEach(({ example, place, response, unit }, n) => {
      const at = placeOf(place, axes);
      const span = trace.spanOfInput([...at, unit].map((index): Interval => [index, index]));
      // The patch of an image has all channels of its pixels. The patch of a vector is the whole
      // vector. If a box between the input and the unit does not state its window, the patch is the
      // whole example.
      const whole = span !== undefined && 'unknown' in span;
      const image = shape
        .slice(0, -1)
        .map((size, axis): Interval => (whole ? [0, size - 1] : (span?.[axis] ?? [0, -1])));
      const cut = (of: ArrayLike<number>) => part(of, n * length, shape, image);
      found.push({
        example,
        response,
        place: at,
        corner: image.map(([first]) => first),
        shape: [...image.map(([first, last]) => last - first + 1), shape[shape.length - 1]],
        values: cut(values),
        gradient: cut(slopes),
        projection: cut(projected),
      });
    });
  }
  return found;
}

/** Converts the number of a place, counted in row-major order, to its index along each axis. */
function placeOf(place: number, axes: readonly number[]): number[] {
  let left = place;
  return [...axes].reverse().reduce<number[]>((places, size) => {
    const here = left % size;
    left = Math.floor(left / size);
    return [here, ...places];
  }, []);
}

/**
 * Returns the values of the example that begins at `start` within an interval of each axis except
 * the last.
 */
function part(
  values: ArrayLike<number>,
  start: number,
  shape: readonly number[],
  image: readonly Interval[],
): Float32Array {
  const starts = image.reduce(
    (rows, [first, last], axis) =>
      rows.flatMap((row) =>
        Array.from({ length: last - first + 1 }, (_, k) => row * shape[axis] + first + k),
      ),
    [0],
  );
  const channels = shape[shape.length - 1];
  const indices = starts.flatMap((row) =>
    Array.from({ length: channels }, (_, c) => start + row * channels + c),
  );
  return Float32Array.from(indices, (index) => values[index]);
}
