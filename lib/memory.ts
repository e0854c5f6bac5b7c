import * as tf from '@tensorflow/tfjs-core';

/**
 * tfjs's `tidy` for values whose type tfjs cannot name, such as the cache of a box that a container
 * does not know: disposes every tensor that `run` makes, except those in its result.
 */
export function tidy<T>(run: () => T): T {
  return tf.tidy(run as () => tf.TensorContainer) as T;
}

/** Disposes every tensor in the value. */
export function disposeTensors(value: unknown): void {
  tf.dispose(value as tf.TensorContainer);
}
