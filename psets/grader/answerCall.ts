import { NOT_IMPLEMENTED, type Answer, type Call } from './answer.ts';
import { takePrinted } from './printed.ts';
import type { Value } from './pset.ts';

/**
 * The original function is stored here, because a submission, which is loaded later, may replace
 * the global one.
 */
const copy = structuredClone;
const { is, keys } = Object;

/**
 * Formats an error of a submission on one line. The error of a TypeScript file that cannot be
 * compiled has the reason and its place in the second line.
 */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const compiled = /([^/\\\n]+):(\d+):(\d+): ERROR: ([^\n]*)/.exec(text);
  if (compiled !== null) {
    const [, file, line, column, reason] = compiled;
    return `SyntaxError: ${reason} (${file}, line ${line}, column ${Number(column) + 1})`;
  }
  return text.slice(0, 300).split('\n')[0];
}

/**
 * Calls a function of a submission. The command line does this in a separate process, and the live
 * page in a worker.
 *
 * @param exported the exports of the submission's module.
 */
export function answerCall(exported: Record<string, unknown>, call: Call): Answer {
  const answer = outcomeOf(exported, call);
  const printed = takePrinted();
  return printed.length === 0 ? answer : { ...answer, printed };
}

function outcomeOf(exported: Record<string, unknown>, { task, args }: Call): Answer {
  const solve = exported[task];
  if (typeof solve !== 'function') return { kind: 'missing' };
  const given = copy(args);
  try {
    const returned: unknown = Reflect.apply(solve, undefined, given);
    const value = toPlain(returned);
    if (value === undefined) return { kind: 'invalid', description: describe(returned) };
    const mutated = !same(given, args);
    // The value is copied, because a later call may reuse the list that this call returned.
    return { kind: 'value', value: copy(value), mutated };
  } catch (error) {
    const message = messageOf(error);
    return message.includes(NOT_IMPLEMENTED)
      ? { kind: 'notImplemented' }
      : { kind: 'threw', message };
  }
}

/**
 * Converts a value to plain numbers, lists and records. Returns undefined if it contains anything
 * else.
 */
function toPlain(value: unknown): Value | undefined {
  if (typeof value === 'number') return value;
  if (ArrayBuffer.isView(value) && 'length' in value)
    return Array.from(value as unknown as number[]);
  if (Array.isArray(value)) {
    // Array.from converts the holes of a sparse list to undefined.
    const items = Array.from(value as unknown[], toPlain);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  // Promises, maps and similar objects have no entries, but they are not empty records.
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

/**
 * Returns whether an argument still equals the grader's own copy. -0 and 0 differ, and NaN equals
 * itself. The recursion follows only the grader's copy, because a submission may have made a list
 * that contains itself.
 */
function same(given: unknown, kept: unknown): boolean {
  if (is(given, kept)) return true;
  if (!hasKeys(given) || !hasKeys(kept) || Array.isArray(given) !== Array.isArray(kept))
    return false;
  const names = keys(kept);
  return (
    keys(given).length === names.length &&
    given.length === kept.length &&
    names.every((name) => same(given[name], kept[name]))
  );
}

function hasKeys(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
