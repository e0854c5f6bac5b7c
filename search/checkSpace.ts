import { InputError, show } from '../lib/errors.ts';
import { sameValue, type Dimension, type Space, type Value } from './space.ts';

/** Errors: no dimension, and those of `checkDimension`. */
export function checkSpace(space: Space): void {
  if (Object.keys(space).length === 0) {
    throw new InputError(
      'expected something that varies, as { "low": 0.01, "high": 0.1 } or { "choices": [3, 5] }, got nothing',
    );
  }
  for (const [name, dimension] of Object.entries(space)) checkDimension(name, dimension);
}

/**
 * Errors: `rate: expected low below high, got 0.1 and 0.01`; a logarithm of what is not above 0; bounds of whole numbers that
 * are none; fewer than two choices, or one twice; keys that mean nothing here.
 */
export function checkDimension(name: string, dimension: object): asserts dimension is Dimension {
  const fail = (expected: string, got: string): never => {
    throw new InputError(`${name}: expected ${expected}, got ${got}`);
  };
  const keys = 'choices' in dimension ? ['choices'] : ['low', 'high', 'log', 'integer', 'points'];
  const unknown = Object.keys(dimension).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    const expected =
      'choices' in dimension
        ? '"choices" and nothing else'
        : '"choices", or "low" and "high" with log, integer, points';
    fail(expected, show(unknown));
  }
  if ('choices' in dimension) {
    const { choices } = dimension;
    if (!Array.isArray(choices)) return fail('choices to be a list', show(choices));
    const strange = choices.findIndex((choice) => !isValue(choice));
    if (strange >= 0)
      fail('choices that are numbers, text, true, false or lists of text', show(choices[strange]));
    if (choices.length < 2) fail('at least two choices', show(choices));
    const twice = choices.find(
      (a, i) => choices.findIndex((b) => sameValue(a as Value, b as Value)) !== i,
    ) as unknown;
    if (twice !== undefined) fail('choices that differ', `${show(twice)} twice`);
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

function isValue(value: unknown): value is Value {
  const list = Array.isArray(value) && value.every((one) => typeof one === 'string');
  return list || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}
