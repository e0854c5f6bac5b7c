/**
 * The process that a student's file runs in: imports the file named by its first argument, then answers lists of calls,
 * each in the seconds of processor time that the second allows. What goes wrong in it, without end or with a crash, stays in it.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UNWRITTEN, type Answer, type Call, type Reply } from './answer.ts';
import type { Value } from './pset.ts';
import { Watch } from './watch.ts';

function send(reply: Reply): void {
  process.send?.(reply);
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split(
    '\n',
  )[0];
}

/** The value as plain lists and numbers; undefined if it holds anything else. */
function plain(value: unknown): Value | undefined {
  if (typeof value === 'number') return value;
  if (ArrayBuffer.isView(value) && 'length' in value)
    return Array.from(value as unknown as number[]);
  if (Array.isArray(value)) {
    // Array.from, for holes are undefined too.
    const items = Array.from(value as unknown[], plain);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  // Promises, maps and the like have nothing to see in them, and are no answer.
  if (Object.prototype.toString.call(value) !== '[object Object]') return undefined;
  const fields = Object.entries(value as object).map(
    ([name, item]) => [name, plain(item)] as const,
  );
  if (fields.some(([, item]) => item === undefined)) return undefined;
  return Object.fromEntries(fields) as Value;
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing: is a return missing?';
  if (value === null) return 'null';
  if (value instanceof Promise) return 'a promise: the function must not be async';
  if (Array.isArray(value)) return 'a list that holds something else than numbers';
  return typeof value === 'object'
    ? 'an object that holds something else than numbers'
    : `a ${typeof value}`;
}

function answer(exported: Record<string, unknown>, { task, args }: Call): Answer {
  const solve = exported[task];
  if (typeof solve !== 'function') return { kind: 'missing' };
  const own = structuredClone(args);
  try {
    const value: unknown = Reflect.apply(solve, undefined, own);
    const found = plain(value);
    if (found === undefined) return { kind: 'strange', what: describe(value) };
    // Copied at once: it may be one of the arguments, or what a later call fills anew.
    const mutated = JSON.stringify(own) !== JSON.stringify(args);
    return { kind: 'value', value: structuredClone(found), mutated };
  } catch (error) {
    const message = messageOf(error);
    return message.includes(UNWRITTEN) ? { kind: 'unwritten' } : { kind: 'threw', message };
  }
}

try {
  const [, , file, seconds] = process.argv;
  const watch = new Watch();
  const exported = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  process.on('message', (calls: readonly Call[]) => {
    const answers = watch.during(Number(seconds), () =>
      calls.map((call) => answer(exported, call)),
    );
    send({ kind: 'answers', answers });
  });
  send({ kind: 'loaded', names: Object.keys(exported) });
} catch (error) {
  send({ kind: 'unloadable', message: messageOf(error) });
  process.exitCode = 1;
}
