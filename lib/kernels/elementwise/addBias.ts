import { add, type Tensor } from '@tensorflow/tfjs-core';
import { onTensorflow, runOperation } from '../backends/tensorflow.ts';

/** x + b, the bias met by the last axis. On tensorflow past tfjs's search for the shape that both broadcast to. */
export function addBias<T extends Tensor>(x: T, bias: Tensor): T {
  return onTensorflow() ? runOperation<T>('BiasAdd', {}, [x, bias]) : add<T>(x, bias);
}
