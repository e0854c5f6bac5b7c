import type { Value } from './pset.ts';

/** Returns all numbers of a value in one list, in order. */
export function flatten(value: Value): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object') return [];
  return (Array.isArray(value) ? (value as readonly Value[]) : Object.values(value)).flatMap(
    flatten,
  );
}

/**
 * Describes the shape of a value: `a list of length 3`, `2 rows of length 3`, `2 rows of lengths 3
 * and 4`.
 */
export function shapeOf(value: Value): string {
  if (typeof value === 'number') return 'a number';
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (!Array.isArray(value)) {
    const fields = Object.entries(value).map(([name, item]) => `${name}: ${shapeOf(item)}`);
    return `{ ${fields.join(', ')} }`;
  }
  const sizes: number[][] = [];
  let level: readonly Value[] = [value];
  while (level.length > 0 && level.every((item): item is readonly Value[] => Array.isArray(item))) {
    sizes.push([...new Set(level.map((item) => item.length))]);
    level = level.flat();
  }
  const [[count], lengths] = sizes;
  const mixed = level.some((item) => typeof item !== 'number') ? ' of lists and numbers' : '';
  if (sizes.length === 1) return `a list of length ${count}${mixed}`;
  if (sizes.length > 2)
    return `a list of shape [${sizes.map((some) => some.join(' or ')).join(', ')}]${mixed}`;
  const plural = lengths.length > 1 ? 'lengths' : 'length';
  return `${count} row${count === 1 ? '' : 's'} of ${plural} ${lengths.join(' and ')}${mixed}`;
}

/**
 * Returns whether all numbers agree, up to rounding. The tolerance allows for sums of a few dozen
 * terms in different orders.
 */
export function close(a: readonly number[], b: readonly number[], tolerance = 1e-9): boolean {
  const scale = 1 + b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (
    a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) <= tolerance * scale)
  );
}

/** Returns whether two values have the same shape and, up to rounding, the same numbers. */
export function agree(a: Value, b: Value): boolean {
  return shapeOf(a) === shapeOf(b) && close(flatten(a), flatten(b));
}

/** Returns whether a value is a list of rows of numbers. */
export function isRows(value: Value): value is readonly (readonly number[])[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (row: Value) => Array.isArray(row) && row.every((item: Value) => typeof item === 'number'),
    )
  );
}

/** Returns the transpose: the rows become columns. */
export function transposed(rows: readonly (readonly number[])[]): number[][] {
  return rows[0].map((_, j) => rows.map((row) => row[j]));
}

/** Formats a value with a number of digits: `[1, -0.5]`. */
export function format(value: Value, digits = DIGITS): string {
  if (typeof value === 'number')
    return String(Number.isFinite(value) ? Number(value.toPrecision(digits)) : value);
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value))
    return `[${(value as readonly Value[]).map((item) => format(item, digits)).join(', ')}]`;
  return `{ ${Object.entries(value)
    .map(([name, item]) => `${name}: ${format(item, digits)}`)
    .join(', ')} }`;
}

/** The number of digits that are printed if two values differ in these. */
const DIGITS = 6;

/**
 * Returns the number of digits with which two values must be printed, so that numbers that differ
 * look different. Numbers that differ only by rounding may look the same.
 */
export function digitsThatDiffer(a: Value, b: Value): number {
  const [left, right] = [flatten(a), flatten(b)];
  const shown = (value: number, digits: number) => value.toPrecision(digits);
  let digits = DIGITS;
  for (const [i, value] of left.entries()) {
    if (i >= right.length || close([value], [right[i]])) continue;
    while (digits < 17 && shown(value, digits) === shown(right[i], digits)) digits++;
  }
  return digits;
}
