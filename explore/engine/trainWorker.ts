import { env, ready, setBackend } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { startWasm } from '../../lib/backend/wasm.ts';
import { LiveNetwork } from './live/liveNetwork.ts';
import type { LiveReport } from './live/progress.ts';
import { report, serve } from './serve.ts';

/**
 * The worker of the live network: it trains on the backend wasm, beside the page and its engine.
 */
async function start(): Promise<LiveNetwork> {
  // tfjs starts threads from the source text of a function. This build calls a function of its own
  // in that text, to keep the names of classes, and a thread does not know that function. So
  // threads are off, whether or not the page's headers allow them.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  // `useBackend` would put every backend into the page.
  await startWasm({});
  await setBackend('wasm');
  await ready();
  return new LiveNetwork((about) => report<LiveReport>(about));
}

serve(start());
