import * as tf from '@tensorflow/tfjs-core';

/**
 * Disposes every tensor that `run` creates, except those in its result. It does the same as tfjs's
 * `tidy`, but for results of any type, such as a cache whose type a container does not know.
 */
export function tidy<T>(run: () => T): T {
  return tf.tidy(run as () => tf.TensorContainer) as T;
}

/** Disposes every tensor in the value. */
export function disposeTensors(value: unknown): void {
  tf.dispose(value as tf.TensorContainer);
}
