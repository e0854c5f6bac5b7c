import { ready, setBackend } from '@tensorflow/tfjs-core';
import { registerFloat64 } from '../../lib/backend/float64/index.ts';
import { Engine } from './engine.ts';
import { serve } from './serve.ts';

/** The worker of the page. It runs an `Engine` on the backend float64. */
async function start(): Promise<Engine> {
  registerFloat64();
  await setBackend('float64');
  await ready();
  return new Engine();
}

serve(start());
