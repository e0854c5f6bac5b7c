import { env } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-wasm';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { LiveNetwork } from './live/liveNetwork.ts';
import type { LiveReport } from './live/progress.ts';
import { report, serve } from './serve.ts';

/**
 * The worker of the live network: it trains on the backend wasm, beside the page and its engine.
 */
async function start(): Promise<LiveNetwork> {
  // tfjs starts threads from the source text of a function, and the bundler has changed that text.
  // So threads are off, whether or not the page's headers allow them.
  env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await useBackend('wasm');
  return new LiveNetwork((about) => report<LiveReport>(about));
}

serve(start());
