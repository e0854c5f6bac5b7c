import { messageOf } from '../../lib/errors.ts';
import type { Reply, Report, Request } from './messages.ts';

/** Runs an object in a worker. It answers the calls of `remote` one after another. */
export function serve(object: Promise<object>): void {
  self.addEventListener('message', ({ data }: MessageEvent<Request>) => {
    void answer(object, data);
  });
}

/** Sends a report to the page. */
export function report<R>(what: R): void {
  self.postMessage({ report: what } satisfies Report<R>);
}

async function answer(object: Promise<object>, { id, method, args }: Request): Promise<void> {
  let reply: Reply;
  try {
    const target = await object;
    const methods = target as Record<string, (...args: unknown[]) => unknown>;
    reply = { id, result: await methods[method](...args) };
  } catch (error) {
    reply = { id, error: messageOf(error) };
  }
  self.postMessage(reply);
}
