import { isObject } from '../../lib/isObject.ts';
import { callKey } from './callKey.ts';
import type { Calls, Outcome } from './recording.ts';
import { writeValue } from './valueText.ts';

/** A function whose arguments and result are unknown. */
type AnyFunction = (...args: readonly unknown[]) => unknown;

/**
 * Copies a value and records all calls of the functions in the copy.
 *
 *     const recorder = new Recorder();
 *     const pset = recorder.wrap(softmax);      // the functions of pset record their calls
 *     const data = recorder.describe(softmax);  // `{ call: k }` in place of each function
 */
export class Recorder {
  readonly #recorded = new Map<unknown, { wrapped: unknown; calls: Record<string, Outcome> }>();

  /** The results of all functions. Function k is the one that `describe` calls `{ call: k }`. */
  get functions(): readonly Calls[] {
    return [...this.#recorded.values()].map(({ calls }) => calls);
  }

  /** Returns a copy with functions that record. */
  wrap<T>(value: T): T;
  wrap(value: unknown): unknown {
    if (typeof value === 'function') return this.#record(value as AnyFunction).wrapped;
    if (Array.isArray(value)) return value.map((item: unknown) => this.wrap(item));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.wrap(item)]));
  }

  /** Returns a copy that contains the numbers of the functions, and so is plain data. */
  describe(value: unknown): unknown {
    if (typeof value === 'function') {
      this.#record(value as AnyFunction);
      return { call: [...this.#recorded.keys()].indexOf(value) };
    }
    if (Array.isArray(value)) return value.map((item) => this.describe(item));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, this.describe(item)]),
    );
  }

  #record(solve: AnyFunction) {
    const found = this.#recorded.get(solve);
    if (found !== undefined) return found;
    const calls: Record<string, Outcome> = {};
    const keep = (args: readonly unknown[], outcome: Outcome) => {
      const key = callKey(args);
      if (key in calls && writeValue(calls[key]) !== writeValue(outcome))
        throw new Error(`expected the same result for the same arguments: ${writeValue(args)}`);
      calls[key] = outcome;
    };
    const wrapped = (...args: readonly unknown[]) => {
      let value: unknown;
      try {
        value = solve(...args);
      } catch (error) {
        keep(args, { error: error instanceof Error ? error.message : String(error) });
        throw error;
      }
      keep(args, { value });
      return structuredClone(value);
    };
    const entry = { wrapped, calls };
    this.#recorded.set(solve, entry);
    return entry;
  }
}
