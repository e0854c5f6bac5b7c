import type { Engine } from './engine.ts';

/** A call of a method of the engine, sent to its worker. */
export interface Request {
  readonly id: number;
  readonly method: keyof Engine;
  readonly args: unknown[];
}

/** The answer to the request of the same id: a result, or the message of an error. */
export interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** The engine as the page sees it: each method returns a promise. */
export type RemoteEngine = {
  [M in keyof Engine]: (...args: Parameters<Engine[M]>) => Promise<Awaited<ReturnType<Engine[M]>>>;
};
