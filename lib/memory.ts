import * as tf from '@tensorflow/tfjs-core';

/**
 * tfjs's `tidy` and `dispose` for values whose type tfjs cannot name, such as the cache of a box that a container
 * does not know. Both find tensors in plain objects and arrays.
 */
export function tidy<T>(run: () => T): T {
  return tf.tidy(run as () => tf.TensorContainer) as T;
}

/** Lets every tensor in the value go. */
export function disposeTensors(value: unknown): void {
  tf.dispose(value as tf.TensorContainer);
}
