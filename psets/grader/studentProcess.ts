/**
 * The program of a student's process. It imports the file that its first argument names, and then
 * answers lists of calls, each within the seconds of processor time that the second argument
 * allows, and within the MiB of memory of the third. An endless loop or a crash ends only this
 * process.
 */
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { NOT_IMPLEMENTED, type Answer, type Call, type Reply } from './answer.ts';
import { confineImports, hideProcess } from './confine.ts';
import { ProcessLimit } from './processLimit.ts';
import type { Value } from './pset.ts';

/** This process, which is hidden from the submission. */
const grader = process;
/** Kept here, because the submission may replace the global function. */
const copy = structuredClone;

function send(reply: Reply): void {
  grader.send?.(reply);
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.slice(0, 300).split('\n')[0];
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
  const given = copy(args);
  try {
    const returned: unknown = Reflect.apply(solve, undefined, given);
    const value = toPlain(returned);
    if (value === undefined) return { kind: 'invalid', description: describe(returned) };
    const mutated = !isDeepStrictEqual(given, args);
    // A copy, because a later call may reuse the list that this one returned.
    return { kind: 'value', value: copy(value), mutated };
  } catch (error) {
    const message = messageOf(error);
    return message.includes(NOT_IMPLEMENTED)
      ? { kind: 'notImplemented' }
      : { kind: 'threw', message };
  }
}

try {
  const [, , file, seconds, memory] = grader.argv;
  const limit = new ProcessLimit(Number(memory));
  const path = resolve(file);
  confineImports(dirname(path));
  hideProcess();
  const exported = (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  grader.on('message', (calls: readonly Call[]) => {
    const answers = limit.during(Number(seconds), () =>
      calls.map((call) => answer(exported, call)),
    );
    send({ kind: 'answers', answers });
  });
  send({ kind: 'loaded' });
} catch (error) {
  send({ kind: 'unloadable', message: messageOf(error) });
  grader.exitCode = 1;
}
