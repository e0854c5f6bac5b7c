import type { Engine } from './engine.ts';

/** A call of a method of the worker's object. */
export interface Request {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** The answer to the request of the same id: a result, or the message of an error. */
export interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A message that a worker sends without a request. */
export interface Report<R> {
  readonly report: R;
}

type Method = (...args: never[]) => unknown;

/** An object of a worker as the page sees it: each method returns a promise. */
export type Remote<T> = {
  [M in keyof T]: T[M] extends Method
    ? (...args: Parameters<T[M]>) => Promise<Awaited<ReturnType<T[M]>>>
    : never;
};

/** The engine as the page sees it. */
export type RemoteEngine = Remote<Engine>;
