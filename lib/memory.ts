import * as tf from '@tensorflow/tfjs-core';

/**
 * Disposes every tensor that `run` creates, except those in its result. It does the same as tfjs's
 * `tidy`, but for results of any type, such as a cache whose type a container does not know.
 *
 * The result may hold typed arrays. tfjs's `tidy` looks for tensors among their numbers and
 * keeps a set of them, which takes seconds for a million numbers.
 */
export function tidy<T>(run: () => T): T {
  const results: T[] = [];
  tf.tidy(() => {
    const result = run();
    results.push(result);
    // tfjs reports a promise, because its tensors would be disposed before it is kept.
    return result instanceof Promise
      ? (result as unknown as tf.TensorContainer)
      : tensorsIn(result);
  });
  return results[0];
}

/** Disposes every tensor in the value. */
export function disposeTensors(value: unknown): void {
  tf.dispose(tensorsIn(value));
}

/** Returns the tensors in a value, in its lists, and in the fields of its objects. */
function tensorsIn(value: unknown): tf.Tensor[] {
  const found: tf.Tensor[] = [];
  const seen = new Set<object>();
  const walk = (one: unknown): void => {
    if (typeof one !== 'object' || one === null || ArrayBuffer.isView(one) || seen.has(one)) return;
    seen.add(one);
    if (isTensor(one)) found.push(one);
    else Object.values(one).forEach(walk);
  };
  walk(value);
  return found;
}

function isTensor(value: object): value is tf.Tensor {
  return value instanceof tf.Tensor;
}
