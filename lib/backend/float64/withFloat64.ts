import { ready, setBackend } from '@tensorflow/tfjs-core';
import { inUse } from '../start.ts';
import { registerFloat64 } from './register.ts';

/**
 * Runs `body` on the backend float64, then switches back to the previous backend, even after an
 * error. `withBackend` does the same for any backend, and so includes all of them in a page.
 */
export async function withFloat64<T>(body: () => T | Promise<T>): Promise<T> {
  const before = inUse();
  registerFloat64();
  await setBackend('float64');
  await ready();
  try {
    return await body();
  } finally {
    if (before !== undefined) await setBackend(before);
  }
}
