import type { Distortion } from './distortion.ts';
import { mapNumbers } from './mapNumbers.ts';

/** Powers of a quantity that are missing or that there are too many of. */
const POWERS: readonly (readonly [
  rank: number,
  says: (name: string, quantity: string) => string,
  factor: (quantity: number) => number,
])[] = [
  [2, (name, q) => `${name} is multiplied by ${q}`, (q) => q],
  [2, (name, q) => `${name} is divided by ${q}`, (q) => 1 / q],
  [3, (name, q) => `${name} is multiplied by the square of ${q}`, (q) => q * q],
  [3, (name, q) => `${name} is divided by the square of ${q}`, (q) => 1 / (q * q)],
  [3, (name, q) => `${name} is multiplied by the root of ${q}`, Math.sqrt],
  [3, (name, q) => `${name} is divided by the root of ${q}`, (q) => 1 / Math.sqrt(q)],
  [3, (name, q) => `${name} is multiplied by ${q} minus 1`, (q) => q - 1],
  [3, (name, q) => `${name} is divided by ${q} minus 1`, (q) => 1 / (q - 1)],
  [
    3,
    (name, q) => `${name} is divided by ${q} minus 1 instead of ${q}`,
    (q) => (Number.isInteger(q) ? q / (q - 1) : NaN),
  ],
  [
    3,
    (name, q) => `${name} is divided by ${q} instead of ${q} minus 1`,
    (q) => (Number.isInteger(q) ? (q - 1) / q : NaN),
  ],
  [
    3,
    (name, q) => `${name} is divided by ${q} plus 1 instead of ${q}`,
    (q) => (Number.isInteger(q) ? q / (q + 1) : NaN),
  ],
  [3, (name, q) => `${name} is multiplied by 1 minus ${q}`, (q) => 1 - q],
  [3, (name, q) => `${name} is divided by 1 minus ${q}`, (q) => 1 / (1 - q)],
  [4, (name, q) => `${name} is multiplied by 2 times ${q}`, (q) => 2 * q],
  [4, (name, q) => `${name} is divided by 2 times ${q}`, (q) => 1 / (2 * q)],
  [4, (name, q) => `${name} is multiplied by half of ${q}`, (q) => q / 2],
  [4, (name, q) => `${name} is divided by half of ${q}`, (q) => 2 / q],
  [4, (name, q) => `${name} is divided by the cube of ${q}`, (q) => q ** -3],
  [4, (name, q) => `${name} is multiplied by the cube of ${q}`, (q) => q ** 3],
];

/** Returns the mistakes that have to do with a quantity of this name. */
export function byQuantity(quantity: string): readonly Distortion[] {
  const powers = POWERS.map(([rank, says, factor]): Distortion => ({
    rank,
    says: (name) => says(name, quantity),
    apply: (value, { quantities }) => {
      const by = factor(quantities.get(quantity) ?? NaN);
      return typeof value === 'string' ? undefined : mapNumbers(value, (v) => v * by);
    },
  }));
  const moved = (by: number, says: (name: string) => string): Distortion => ({
    rank: 4,
    says,
    apply: (value, { quantities }) =>
      typeof value === 'string'
        ? undefined
        : mapNumbers(value, (v) => v + by * (quantities.get(quantity) ?? NaN)),
  });
  return [
    ...powers,
    moved(1, (name) => `${quantity} is added to ${name}`),
    moved(-1, (name) => `${quantity} is subtracted from ${name}`),
  ];
}
