import type { Value } from '../value.ts';

/** Applies a function to every number of a value, with its index in the flattened value. */
export function mapNumbers(value: Value, change: (number: number, at: number) => number): Value {
  let at = 0;
  const walk = (part: Value): Value => {
    if (typeof part === 'number') return change(part, at++);
    return isList(part) ? part.map(walk) : part;
  };
  return walk(value);
}

/** Returns whether a value is a list. */
export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Returns whether a value is a list of numbers. */
export function isNumbers(value: Value): value is readonly number[] {
  return isList(value) && value.every((item) => typeof item === 'number');
}
