import type { Engine } from './engine.ts';
import type { RemoteEngine, Reply, Request } from './messages.ts';

/** Starts the worker of the engine; a call is a message to it and its answer. */
export function connect(): RemoteEngine {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  let next = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
    const caller = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error === undefined) caller?.resolve(data.result);
    else caller?.reject(new Error(data.error));
  });
  const call = (method: keyof Engine, args: unknown[]) =>
    new Promise<unknown>((resolve, reject) => {
      const request: Request = { id: next++, method, args };
      waiting.set(request.id, { resolve, reject });
      worker.postMessage(request);
    });
  return new Proxy({} as RemoteEngine, {
    get:
      (_, method) =>
      (...args: unknown[]) =>
        call(method as keyof Engine, args),
  });
}
