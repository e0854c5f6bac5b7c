import { useBackend, type BackendName } from '../lib/backend/useBackend.ts';
import type { Setup } from './system.ts';

/**
 * Starts the backend of a setup with its number of threads.
 *
 * Errors: those of `useBackend`; a backend that starts otherwise than requested, such as with fewer
 *         threads, because its row in the table would be wrong.
 */
export async function startBackend({ backend, threads, simd }: Setup): Promise<void> {
  // One thread is the default of wasm. The option is then left out, as users do.
  const asByDefault = threads === undefined || (backend === 'wasm' && threads === 1);
  const options = {
    ...(!asByDefault && { threads }),
    ...(simd !== undefined && { simd }),
    log(note: string): void {
      if (!asRequested(simd).includes(note)) throw new Error(note);
    },
  };
  await useBackend(backend as BackendName, options);
}

/** Returns the notes of a backend that starts as requested. On wasm, the note names the kernels. */
function asRequested(simd: Setup['simd']): string[] {
  if (simd === 'none') return ["backend wasm: uses tfjs's kernels"];
  const kinds = simd === undefined ? ['relaxed', 'plain'] : [simd];
  return kinds.map((kind) => `backend wasm: uses own kernels in ${kind} SIMD`);
}
