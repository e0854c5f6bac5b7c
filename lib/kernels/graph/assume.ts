import { backend, type Tensor } from '@tensorflow/tfjs-core';
import { onTensorflow } from '../backends/tensorflow.ts';

/** The part of a recorder that kernels use. */
export interface Running {
  /**
   * Assumes that the value of a scalar passes a test, and returns true. Returns false if it cannot
   * assume this; then the caller must read the value.
   */
  assume(scalar: Tensor, holds: (value: number) => boolean): boolean;
}

/** The recorder that is running, per backend. */
const recorders = new WeakMap<object, Running>();

/** Returns the recorder that is running on the backend in use, if there is one. */
export function runningRecorder(): Running | undefined {
  return recorders.get(backend());
}

/** Sets the recorder that is running on the backend in use. */
export function setRunningRecorder(recorder: Running | undefined): void {
  if (recorder === undefined) recorders.delete(backend());
  else recorders.set(backend(), recorder);
}

/**
 * Returns whether the value of a scalar on TensorFlow passes a test. While a step is recorded, the
 * value is not known yet, so the test is assumed to pass. If it fails later, the step runs again
 * without a recording.
 */
export function passes(scalar: Tensor, holds: (value: number) => boolean): boolean {
  if (onTensorflow() && runningRecorder()?.assume(scalar, holds)) return true;
  return holds(scalar.dataSync()[0]);
}
