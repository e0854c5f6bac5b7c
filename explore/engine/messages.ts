import type { Engine } from './engine.ts';

/** A request to call a method of the worker's object. */
export interface Request {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** The answer to the request with the same id: a result, or the message of an error. */
export interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** A message that a worker sends without having been asked. */
export interface Report<R> {
  readonly report: R;
}

type Method = (...args: never[]) => unknown;

/** The type that the page uses for an object in a worker. Each method returns a promise. */
export type Remote<T> = {
  [M in keyof T]: T[M] extends Method
    ? (...args: Parameters<T[M]>) => Promise<Awaited<ReturnType<T[M]>>>
    : never;
};

/** The type that the page uses for the engine. */
export type RemoteEngine = Remote<Engine>;
