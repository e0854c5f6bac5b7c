import * as v from 'valibot';
import { InputError, show } from './errors.ts';
import { isObject } from './isObject.ts';

/**
 * Checks a value from a file against a schema of valibot, once, where it enters. The rest of the
 * code then trusts its type.
 *
 * Errors: the first place that breaks the schema:
 *         `run/checkpoint.safetensors: progress: streams[0].key: expected a list, got null`.
 * @param where the file, and the part of it if there are several.
 * @returns the value with the schema's type.
 *
 *     const size = checkSchema('sizes.json', object({ width: integer(1) }), value).width;
 */
export function checkSchema<const S extends v.GenericSchema>(
  where: string,
  schema: S,
  value: unknown,
): v.InferOutput<S> {
  // A file of a million wrong values gives one issue, not a million.
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  throw new InputError(`${where}: ${describeIssue(result.issues[0])}`);
}

/**
 * A finite number from `least` to `most`. The check is needed for JSON too, because `JSON.parse`
 * reads 1e999 as Infinity.
 */
export function number(least = -Infinity, most = Infinity) {
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  const message = least === -Infinity ? 'a finite number' : `a number ${range}`;
  return v.pipe(
    v.number(message),
    v.finite(message),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
}

/** A finite number above 0. */
export function positive() {
  const message = 'a number above 0';
  return v.pipe(v.number(message), v.finite(message), v.gtValue(0, message));
}

/** An integer from `least` to `most`. */
export function integer(least: number, most = Number.MAX_SAFE_INTEGER) {
  const range =
    most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  const message = `an integer ${range}`;
  return v.pipe(
    v.number(message),
    v.safeInteger(message),
    v.minValue(least, message),
    v.maxValue(most, message),
  );
}

/** An object with these keys; others are ignored. valibot's own `object` accepts a list. */
export function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(OBJECT, v.object(entries));
}

/** An object with any keys. */
export function record<const Value extends v.GenericSchema>(value: Value) {
  return v.pipe(OBJECT, v.record(v.string(), value));
}

const OBJECT = v.custom<Readonly<Record<string, unknown>>>(isObject, 'an object');

/** Text. */
export function text() {
  return v.string('text');
}

/** The words for valibot's types in messages, for schemas that have no message of their own. */
const TYPES: Readonly<Record<string, string>> = {
  Object: 'an object',
  Array: 'a list',
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
};

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = issue.path ?? [];
  const place = path.map(({ key }, i) => keyIn(key, i === 0)).join('');
  const got = issue.received === 'undefined' ? 'none' : show(issue.input);
  return `${place === '' ? '' : `${place}: `}expected ${expectedBy(issue)}, got ${got}`;
}

function expectedBy({ message, expected, path }: v.BaseIssue<unknown>): string {
  // The messages of valibot itself begin with this word.
  if (!message.startsWith('Invalid')) return message;
  if (expected === null) return 'another value';
  // For a key that is missing, valibot expects the name of the key.
  if (expected === JSON.stringify(path?.at(-1)?.key)) return 'a value';
  return TYPES[expected] ?? expected.replace(/^\((.*)\)$/, '$1').replaceAll(' | ', ' or ');
}

/**
 * Returns the key as part of a path: `.name`, `[0]`, or quoted and shortened if it is not a word.
 */
function keyIn(key: unknown, isFirst: boolean): string {
  if (typeof key === 'string' && /^[\w-]{1,60}$/.test(key)) return isFirst ? key : `.${key}`;
  return `[${show(key)}]`;
}
