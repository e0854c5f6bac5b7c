import type { Distortion, Role } from './distortion.ts';
import { mapNumbers } from './mapNumbers.ts';

const each = (
  rank: number,
  says: (name: string, role: Role) => string,
  change: (value: number) => number,
): Distortion => ({
  rank,
  says,
  apply: (value) => (typeof value === 'string' ? undefined : mapNumbers(value, change)),
});

/** The ε that students add against a division by 0 or the logarithm of 0. */
const EPSILONS = Array.from({ length: 15 }, (_, k) => Number(`1e-${k + 2}`));

/** Bounds at which students cut off numbers against an overflow. */
const BOUNDS = [10, 20, 30, 50, 80, 88, 100, 200, 300, 500, 600, 700, 709];

/** Mistakes in every number of a step by itself. */
export const ELEMENTWISE: readonly Distortion[] = [
  // Large numbers that become equal would otherwise look like a step that is missing. Several
  // bounds give the same values, so the sentence names none.
  ...BOUNDS.map((bound) =>
    each(
      0.5,
      (name) => `${name} is cut off at a bound: larger numbers count as equal to it`,
      (v) => Math.max(-bound, Math.min(bound, v)),
    ),
  ),
  each(
    1,
    (name, role) => (role === 'term' ? `${name} is missing` : `${name} counts as 0`),
    () => 0,
  ),
  each(
    1,
    // A missing term is 0, and a missing factor is 1.
    (name, role) =>
      role === 'term'
        ? `1 is used everywhere instead of ${name}`
        : `${name} is missing: as if it were 1`,
    () => 1,
  ),
  each(
    1,
    (name) => `the sign of ${name} is wrong`,
    (v) => -v,
  ),
  each(
    2,
    (name) => `${name} is doubled`,
    (v) => 2 * v,
  ),
  each(
    2,
    (name) => `${name} is halved`,
    (v) => v / 2,
  ),
  each(
    2,
    (name) => `${name} is squared`,
    (v) => v * v,
  ),
  each(2, (name) => `the root of ${name} is taken`, Math.sqrt),
  each(
    3,
    (name) => `${name} is inverted: 1 over it is used`,
    (v) => 1 / v,
  ),
  each(
    3,
    (name) => `${name} is inverted and squared: 1 over its square is used`,
    (v) => 1 / (v * v),
  ),
  each(3, (name) => `the absolute value of ${name} is used`, Math.abs),
  each(
    3,
    (name) => `${name} is cut off at 0: negative numbers count as 0`,
    (v) => Math.max(0, v),
  ),
  each(
    3,
    (name) => `${name} is cut off at 0: positive numbers count as 0`,
    (v) => Math.min(0, v),
  ),
  each(
    3,
    (name) => `${name} is cut off at 1`,
    (v) => Math.min(1, v),
  ),
  each(3, (name) => `only the sign of ${name} is used`, Math.sign),
  each(
    3,
    (name) => `1 minus ${name} is used`,
    (v) => 1 - v,
  ),
  each(
    3,
    (name) => `${name} is one too large`,
    (v) => v + 1,
  ),
  each(
    3,
    (name) => `${name} is one too small`,
    (v) => v - 1,
  ),
  each(4, (name) => `the exponential of ${name} is taken`, Math.exp),
  each(4, (name) => `the logarithm of ${name} is taken`, Math.log),
  each(4, (name) => `tanh is applied to ${name}`, Math.tanh),
  each(
    4,
    (name) => `the sigmoid is applied to ${name}`,
    (v) => 1 / (1 + Math.exp(-v)),
  ),
  each(4, (name) => `${name} is rounded down`, Math.floor),
  each(4, (name) => `${name} is rounded`, Math.round),
  each(
    4,
    (name) => `the cube of ${name} is used`,
    (v) => v ** 3,
  ),
  each(
    4,
    (name) => `the logarithm to base 2 of ${name} is used instead of the natural one`,
    (v) => v / Math.LN2,
  ),
  each(
    4,
    (name) => `the logarithm to base 10 of ${name} is used instead of the natural one`,
    (v) => v / Math.LN10,
  ),
  ...EPSILONS.map((epsilon) =>
    each(
      5,
      (name) => `an ε of ${epsilon} is added to ${name}`,
      (v) => v + epsilon,
    ),
  ),
];
