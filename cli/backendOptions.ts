import type { BackendOptions } from '../lib/backend/options.ts';
import type { RunOptions } from './trainOptions.ts';

/** Returns those options of a run that the backend needs. */
export function backendOptions({
  threads,
  simd,
}: Pick<RunOptions, 'threads' | 'simd'>): BackendOptions {
  return { ...(threads !== undefined && { threads }), ...(simd !== undefined && { simd }) };
}
