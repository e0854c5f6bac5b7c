import { useBackend, type BackendName } from '../lib/backend/useBackend.ts';
import type { Setup } from './system.ts';

/**
 * Starts the backend of a setup with its number of threads.
 *
 * Errors: those of `useBackend`; a backend that starts otherwise than requested, such as with fewer
 *         threads, because its row in the table would be wrong.
 */
export async function startBackend({ backend, threads, simd }: Setup): Promise<void> {
  // One thread is the default of wasm. Without the option it is measured as users run it.
  const asByDefault = threads === undefined || (backend === 'wasm' && threads === 1);
  const options = {
    ...(!asByDefault && { threads }),
    ...(simd !== undefined && { simd }),
    log(note: string): never {
      throw new Error(note);
    },
  };
  await useBackend(backend as BackendName, options);
}
