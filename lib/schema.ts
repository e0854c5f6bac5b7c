import * as v from 'valibot';
import { InputError, show } from './errors.ts';
import { isObject } from './isObject.ts';

/**
 * Checks a value from a file against a valibot schema. This is done once, where the value is read,
 * so the rest of the code can rely on its type.
 *
 * Errors: the first place that breaks the schema:
 *         `run/checkpoint.safetensors: progress: streams[0].key: expected a list, got null`.
 * @param where the file and, if it has several parts, the part.
 * @returns the value with the schema's type.
 *
 *     const size = checkSchema('sizes.json', object({ width: integer(1) }), value).width;
 */
export function checkSchema<const S extends v.GenericSchema>(
  where: string,
  schema: S,
  value: unknown,
): v.InferOutput<S> {
  // With `abortEarly`, a file with a million wrong values gives one issue and not a million.
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  throw new InputError(`${where}: ${describeIssue(result.issues[0])}`);
}

/**
 * Makes the schema of a finite number from `least` to `most`. The check is needed for JSON too,
 * because `JSON.parse` reads 1e999 as Infinity.
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

/** Makes the schema of a finite number above 0. */
export function positive() {
  const message = 'a number above 0';
  return v.pipe(v.number(message), v.finite(message), v.gtValue(0, message));
}

/** Makes the schema of an integer from `least` to `most`. */
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

/**
 * Makes the schema of an object with these keys; other keys are ignored. valibot's own `object`
 * accepts a list.
 */
export function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(OBJECT, v.object(entries));
}

/** Makes the schema of an object with any keys. */
export function record<const Value extends v.GenericSchema>(value: Value) {
  return v.pipe(OBJECT, v.record(v.string(), value));
}

const OBJECT = v.custom<Readonly<Record<string, unknown>>>(isObject, 'an object');

/** Makes the schema of a string. */
export function text() {
  return v.string('text');
}

/**
 * The words for valibot's types that are used in messages, for schemas without a message of their
 * own.
 */
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
  // For a missing key, valibot reports the name of the key as the expected value.
  if (expected === JSON.stringify(path?.at(-1)?.key)) return 'a value';
  return TYPES[expected] ?? expected.replace(/^\((.*)\)$/, '$1').replaceAll(' | ', ' or ');
}

/**
 * Formats the key as part of a path: `.name`, `[0]`, or quoted and shortened if it is not a word.
 */
function keyIn(key: unknown, isFirst: boolean): string {
  if (typeof key === 'string' && /^[\w-]{1,60}$/.test(key)) return isFirst ? key : `.${key}`;
  return `[${show(key)}]`;
}
