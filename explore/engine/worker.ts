import { ready, setBackend } from '@tensorflow/tfjs-core';
import { registerFloat64 } from '../../lib/backend/float64/index.ts';
import { Engine } from './engine.ts';
import type { Reply, Request } from './messages.ts';

/** The worker of the page: it runs an `Engine` on the backend float64, one request after another. */
const engine = (async () => {
  registerFloat64();
  await setBackend('float64');
  await ready();
  return new Engine();
})();

self.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  void answer(data);
});

async function answer({ id, method, args }: Request): Promise<void> {
  let reply: Reply;
  try {
    const target = await engine;
    const methods = target as unknown as Record<string, (...args: unknown[]) => unknown>;
    const result = methods[method](...args);
    reply = { id, result: await result };
  } catch (error) {
    reply = { id, error: error instanceof Error ? error.message : String(error) };
  }
  self.postMessage(reply);
}
