import * as tf from '@tensorflow/tfjs-core';
import { liveMemory } from '../../gradcheck/leaks.ts';
import { BoxError, BoxpropError } from '../../lib/errors.ts';

/** A tensor as numbers: what fixtures hold. */
export interface Packed {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly dtype?: 'int32';
}

/**
 * Refuses a tensor of another shape, or with a value further off than `tolerance` times the largest
 * expected one.
 */
export function expectAllClose(
  actual: tf.Tensor,
  expected: Packed,
  what = 'tensor',
  tolerance = 1e-5,
): void {
  expect(`${what} of shape [${actual.shape.join(', ')}]`).toBe(
    `${what} of shape [${expected.shape.join(', ')}]`,
  );
  const values = actual.dataSync();
  const allowed = tolerance * Math.max(...expected.values.map(Math.abs), 0);
  const wrong = expected.values.findIndex((value, i) => !(Math.abs(values[i] - value) <= allowed));
  if (wrong >= 0) {
    throw new Error(`${what}[${wrong}]: expected ${expected.values[wrong]}, got ${values[wrong]}`);
  }
}

/** The numbers of a tensor, nested by its shape: for values that a reader can check in the head. */
export function numbers(tensor: tf.Tensor): unknown {
  return tensor.arraySync();
}

/** One image of one channel, and back. */
export function image(rows: readonly (readonly number[])[]): tf.Tensor4D {
  return tf.tensor4d(rows.flat(), [1, rows.length, rows[0].length, 1]);
}

export function rowsOf(image: tf.Tensor4D): unknown {
  return tf.reshape(image, image.shape.slice(1, 3)).arraySync();
}

/** Expects as many live tensors, and blocks of values behind them, after the work as before. */
export function expectNoLeak(work: () => void): void {
  const before = liveMemory();
  work();
  expect(liveMemory()).toEqual(before);
}

/**
 * The message of the error that a caller's mistake must raise; the path belongs to it where a box
 * complains.
 */
export function messageOf(mistake: () => unknown): string {
  try {
    mistake();
  } catch (error) {
    expect(error).toBeInstanceOf(BoxpropError);
    const { message } = error as BoxpropError;
    if (error instanceof BoxError)
      expect(message).toBe(`${error.path.join(' > ')}: ${error.problem}`);
    return message;
  }
  throw new Error('expected an error, got none');
}
