import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import {
  sameValue,
  type ChoiceDimension,
  type Dimension,
  type Point,
  type RangeDimension,
  type Space,
  type Value,
} from './space.ts';

/** Throws if a space has no dimensions, or if `checkDimension` throws for one of them. */
export function checkSpace(space: Readonly<Record<string, object>>): asserts space is Space {
  if (Object.keys(space).length === 0) {
    throw new InputError(
      'expected something that varies, as { "low": 0.01, "high": 0.1 } or { "choices": [3, 5] }, got nothing',
    );
  }
  for (const [name, dimension] of Object.entries(space)) checkDimension(name, dimension);
}

/**
 * Throws if a value from a file is not a valid dimension.
 *
 * Errors: `rate: expected low below high, got 0.1 and 0.01`; a logarithmic range that does not
 *         start above 0; an integer range whose bounds are not integers; fewer than two choices;
 *         equal choices; an unknown option.
 */
export function checkDimension(name: string, dimension: object): asserts dimension is Dimension {
  const fail = (expected: string, got: string): never => {
    throw new InputError(`${name}: expected ${expected}, got ${got}`);
  };
  checkDimensionOptions(name, dimension);
  if ('choices' in dimension) {
    const { choices } = dimension;
    if (!Array.isArray(choices)) return fail('choices to be a list', show(choices));
    const invalid = choices.findIndex((choice) => !isValue(choice));
    if (invalid >= 0)
      fail('choices that are numbers, text, true, false or lists of text', show(choices[invalid]));
    if (choices.length < 2) fail('at least two choices', show(choices));
    const repeated = choices.find(
      (a, i) => choices.findIndex((b) => sameValue(a as Value, b as Value)) !== i,
    ) as unknown;
    if (repeated !== undefined) fail('choices that differ', `${show(repeated)} twice`);
    return;
  }
  const { low, high, log, integer, points } = {
    low: NaN,
    high: NaN,
    log: false,
    integer: false,
    points: 3,
    ...dimension,
  };
  for (const [key, bound] of Object.entries({ low, high })) {
    if (typeof bound !== 'number' || !Number.isFinite(bound))
      fail(`${key} to be a number`, key in dimension ? show(bound) : 'none');
  }
  for (const [key, flag] of Object.entries({ log, integer })) {
    if (typeof flag !== 'boolean') fail(`${key} to be true or false`, show(flag));
  }
  if (!(low < high)) fail('low below high', `${low} and ${high}`);
  if (log && !(low > 0)) fail('low above 0 with log', String(low));
  if (integer && !(Number.isSafeInteger(low) && Number.isSafeInteger(high)))
    fail('low and high to be integers', `${low} and ${high}`);
  if (!Number.isSafeInteger(points) || points < 2)
    fail('points to be an integer of at least 2', show(points));
}

/**
 * Throws if values from a file are not a point of the space.
 *
 * Errors: `rate: expected a value of its dimension, got "fast"`; a dimension without a value.
 */
export function checkPoint(space: Space, point: Readonly<Record<string, unknown>>): Point {
  const checked: Record<string, Value> = {};
  for (const [name, dimension] of Object.entries(space)) {
    const value = Object.hasOwn(point, name) ? point[name] : undefined;
    if (!isValue(value) || !isIn(dimension, value))
      throw new InputError(`${name}: expected a value of its dimension, got ${show(value)}`);
    checked[name] = value;
  }
  return checked;
}

function isIn(dimension: Dimension, value: Value): boolean {
  if ('choices' in dimension) return dimension.choices.some((choice) => sameValue(choice, value));
  return typeof value === 'number' && value >= dimension.low && value <= dimension.high;
}

/** Throws if a dimension has an unknown option: `rate: unknown option lgo; did you mean log?` */
export function checkDimensionOptions(name: string, dimension: object): void {
  const range = ['low', 'high', 'log', 'integer', 'points'] as const;
  const known = 'choices' in dimension ? (['choices'] as const) : (['choices', ...range] as const);
  checkOptions<Partial<RangeDimension & ChoiceDimension>>(name, dimension, known);
}

function isValue(value: unknown): value is Value {
  const list = Array.isArray(value) && value.every((one) => typeof one === 'string');
  return list || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}
