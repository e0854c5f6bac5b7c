import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { messageOf } from './compare.ts';

/** Mistakes of a caller, each with the exact text that answers it. */
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

/** Zeros of a shape, whatever rank a box's types ask for. */
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
