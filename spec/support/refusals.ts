import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { messageOf } from './compare.ts';

/** Tests mistakes of a caller, each with the exact message of the error. */
export function describeRefusals(
  mistakes: readonly (readonly [message: string, mistake: () => unknown])[],
): void {
  describe('refuses', () => {
    beforeAll(() => useBackend('cpu'));
    test.each(mistakes)('%s', (message, mistake) => {
      expect(messageOf(mistake)).toBe(message);
    });
  });
}

/** Zeros of a shape, typed as the tensor that a box expects, even if the rank is wrong. */
export function blank<T extends tf.Tensor>(
  shape: number[],
  dtype: 'float32' | 'int32' = 'float32',
): T {
  return tf.zeros(shape, dtype) as T;
}

export function disposed<T extends tf.Tensor>(shape: number[]): T {
  const tensor = blank<T>(shape);
  tensor.dispose();
  return tensor;
}
