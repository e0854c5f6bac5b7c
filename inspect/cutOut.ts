import { tensor } from '@tensorflow/tfjs-core';
import type { Dataset } from '../data/dataset.ts';
import type { Interval } from '../lib/facts.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Answer } from './topAnswers.ts';
import type { Trace } from './trace.ts';

/** A part of a record that a unit answers to. */
export interface TopPatch {
  readonly example: number;
  /** What the unit gives. */
  readonly response: number;
  /** Where in the box's output, along each axis but the channels. */
  readonly place: readonly number[];
  /** The first cell of the patch in the record, along each axis but the channels. */
  readonly corner: readonly number[];
  /**
   * Of the patch, channels last; smaller at a border, and 0 where the unit depends on padding
   * alone.
   */
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** ∂ response/∂ values. */
  readonly gradient: Float32Array;
}

/** An answer, and whose it is. */
export interface UnitAnswer extends Answer {
  readonly unit: number;
}

/** What of each record an answer depends on, with its gradient; a batch of them at a time. */
export async function cutOut(
  trace: Trace,
  data: Dataset,
  answers: readonly UnitAnswer[],
  batchSize: number,
): Promise<TopPatch[]> {
  const [axes, units] = [
    trace.outputShape.slice(0, -1),
    trace.outputShape[trace.outputShape.length - 1],
  ];
  const size = trace.outputShape.reduce((product, length) => product * length, 1);
  const found: TopPatch[] = [];
  for (let start = 0; start < answers.length; start += batchSize) {
    const some = answers.slice(start, start + batchSize);
    const batch = await data.batch(Int32Array.from(some, ({ example: record }) => record));
    const ones = new Float32Array(some.length * size);
    some.forEach(({ place, unit }, n) => (ones[n * size + place * units + unit] = 1));
    const gradOutput = tensor(ones, [some.length, ...trace.outputShape], 'float32');
    const gradient = trace.inputGradient(batch.input, gradOutput);
    const [values, slopes] = [await batch.input.data(), await gradient.data()];
    disposeTensors([batch, gradOutput, gradient]);
    const [length, shape] = [values.length / some.length, data.inputShape];
    some.forEach(({ example: record, place, response, unit }, n) => {
      const at = placeOf(place, axes);
      const span = trace.spanOfInput([...at, unit].map((cell): Interval => [cell, cell]));
      // The patch of an image has all channels of its pixels; that of a vector is the whole vector.
      // Where a box on the way states no window, the patch is the whole example.
      const whole = span !== undefined && 'unknown' in span;
      const image = shape
        .slice(0, -1)
        .map((size, axis): Interval => (whole ? [0, size - 1] : (span?.[axis] ?? [0, -1])));
      const cut = (of: ArrayLike<number>) => part(of, n * length, shape, image);
      found.push({
        example: record,
        response,
        place: at,
        corner: image.map(([first]) => first),
        shape: [...image.map(([first, last]) => last - first + 1), shape[shape.length - 1]],
        values: cut(values),
        gradient: cut(slopes),
      });
    });
  }
  return found;
}

function placeOf(place: number, axes: readonly number[]): number[] {
  let left = place;
  return [...axes].reverse().reduce<number[]>((places, size) => {
    const here = left % size;
    left = Math.floor(left / size);
    return [here, ...places];
  }, []);
}

/** The numbers within an interval along each axis but the last. */
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
  const cells = starts.flatMap((row) =>
    Array.from({ length: channels }, (_, c) => start + row * channels + c),
  );
  return Float32Array.from(cells, (at) => values[at]);
}
