import * as tf from '@tensorflow/tfjs-core';
import { liveMemory } from '../../gradcheck/leaks.ts';
import { BoxError, BoxpropError } from '../../lib/errors.ts';

/** A tensor as numbers, the form in which fixtures store it. */
export interface Packed {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly dtype?: 'int32';
}

/**
 * Expects a tensor to have the expected shape and values. A value may differ by at most `tolerance`
 * times the largest expected magnitude.
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

/** The values of a tensor as nested arrays, for small examples that a reader can check by hand. */
export function numbers(tensor: tf.Tensor): unknown {
  return tensor.arraySync();
}

/** Makes a tensor of one image with one channel. `rowsOf` does the reverse. */
export function image(rows: readonly (readonly number[])[]): tf.Tensor4D {
  return tf.tensor4d(rows.flat(), [1, rows.length, rows[0].length, 1]);
}

export function rowsOf(image: tf.Tensor4D): unknown {
  return tf.reshape(image, image.shape.slice(1, 3)).arraySync();
}

/**
 * Expects that the work leaves as many live tensors and as many memory blocks as there were before.
 */
export function expectNoLeak(work: () => void): void {
  const before = liveMemory();
  work();
  expect(liveMemory()).toEqual(before);
}

/**
 * Runs a caller's mistake and returns the message of the BoxpropError that it must throw. The
 * message of a BoxError must begin with the path of the box.
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
