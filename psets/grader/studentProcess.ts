/**
 * The program of a student's process. It imports the file that its first argument names, and then
 * answers lists of calls, each within the seconds of processor time that the second argument
 * allows. An endless loop or a crash ends only this process.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NOT_IMPLEMENTED, type Answer, type Call, type Reply } from './answer.ts';
import { CpuLimit } from './cpuLimit.ts';
import type { Value } from './pset.ts';

function send(reply: Reply): void {
  process.send?.(reply);
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split(
    '\n',
  )[0];
}

/** Converts a value to plain numbers, lists and records; undefined if it contains anything else. */
function toPlain(value: unknown): Value | undefined {
  if (typeof value === 'number') return value;
  if (ArrayBuffer.isView(value) && 'length' in value)
    return Array.from(value as unknown as number[]);
  if (Array.isArray(value)) {
    // Array.from turns the holes of a sparse list into undefined.
    const items = Array.from(value as unknown[], toPlain);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  // Promises, maps and similar objects have no entries, but are not empty records.
  if (Object.prototype.toString.call(value) !== '[object Object]') return undefined;
  const fields = Object.entries(value as object).map(
    ([name, item]) => [name, toPlain(item)] as const,
  );
  if (fields.some(([, item]) => item === undefined)) return undefined;
  return Object.fromEntries(fields) as Value;
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing: is a return missing?';
  if (value === null) return 'null';
  if (value instanceof Promise) return 'a promise: the function must not be async';
  if (Array.isArray(value)) return 'a list that holds something other than numbers';
  return typeof value === 'object'
    ? 'an object that holds something other than numbers'
    : `a ${typeof value}`;
}

function answer(exported: Record<string, unknown>, { task, args }: Call): Answer {
  const solve = exported[task];
  if (typeof solve !== 'function') return { kind: 'missing' };
  const given = structuredClone(args);
  try {
    const returned: unknown = Reflect.apply(solve, undefined, given);
    const value = toPlain(returned);
    if (value === undefined) return { kind: 'invalid', description: describe(returned) };
    const mutated = JSON.stringify(given) !== JSON.stringify(args);
    // A copy, because a later call may reuse the list that this one returned.
    return { kind: 'value', value: structuredClone(value), mutated };
  } catch (error) {
    const message = messageOf(error);
    return message.includes(NOT_IMPLEMENTED)
      ? { kind: 'notImplemented' }
      : { kind: 'threw', message };
  }
}

try {
  const [, , file, seconds] = process.argv;
  const limit = new CpuLimit();
  const exported = (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  process.on('message', (calls: readonly Call[]) => {
    const answers = limit.during(Number(seconds), () =>
      calls.map((call) => answer(exported, call)),
    );
    send({ kind: 'answers', answers });
  });
  send({ kind: 'loaded' });
} catch (error) {
  send({ kind: 'unloadable', message: messageOf(error) });
  process.exitCode = 1;
}
