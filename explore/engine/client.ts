import type { Engine } from './engine.ts';
import type { Remote, RemoteEngine, Reply, Report, Request } from './messages.ts';

/** Starts the worker of the engine. */
export function connect(): RemoteEngine {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return remote<Engine>(worker);
}

/**
 * Makes an object that stands for the object in a worker that `serve` runs. Each call sends a
 * message to the worker and waits for the answer.
 *
 * @param onReport is called with each message that the worker sends without having been asked.
 */
export function remote<T, R = never>(worker: Worker, onReport?: (report: R) => void): Remote<T> {
  const waiting = new Map<
    number,
    { resolve: (value: unknown) => void; reject: (error: Error) => void }
  >();
  let next = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<Reply | Report<R>>) => {
    if ('report' in data) return onReport?.(data.report);
    const caller = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.error === undefined) caller?.resolve(data.result);
    else caller?.reject(new Error(data.error));
  });
  const call = (method: string, args: readonly unknown[]) =>
    new Promise<unknown>((resolve, reject) => {
      const request: Request = { id: next++, method, args };
      waiting.set(request.id, { resolve, reject });
      worker.postMessage(request);
    });
  return new Proxy({} as Remote<T>, {
    get:
      (_, method) =>
      (...args: unknown[]) =>
        call(String(method), args),
  });
}
