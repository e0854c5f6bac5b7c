import { env, ready, setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { startWasm } from '../../lib/backend/wasm.ts';
import { LiveNetwork } from './live/liveNetwork.ts';
import type { LiveReport } from './live/progress.ts';
import { report, serve } from './serve.ts';

/**
 * The worker of the live network. It trains on the backend wasm, independently of the page and of
 * the engine's worker.
 */
async function start(): Promise<LiveNetwork> {
  // tfjs starts threads from the source text of a function. In this build, that text contains a
  // call of a helper function that preserves the names of classes, and the helper is not defined in
  // a thread. So threads are switched off, even if the page's headers allow them.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  // `useBackend` would include every backend in the page.
  await startWasm({});
  await setBackend('wasm');
  await ready();
  return new LiveNetwork((about) => report<LiveReport>(about));
}

serve(start());
