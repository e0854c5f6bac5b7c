import type { Value } from '../value.ts';
import { flatten, shapeOf } from '../values.ts';
import type { Distortion } from './distortion.ts';
import { mapNumbers } from './mapNumbers.ts';

/** Returns the mistakes in a step that have to do with another argument or step of this name. */
export function byOther(other: string): readonly Distortion[] {
  const combined = (
    says: (name: string) => string,
    combine: (value: number, by: number) => number,
  ): Distortion => ({
    rank: 3,
    says,
    apply: (value, { values }, name) => {
      const found = values.get(other);
      if (found === undefined || name === other || shapeOf(found) !== shapeOf(value)) return undefined; // prettier-ignore
      const by = flatten(found);
      return by.length === 0 ? undefined : mapNumbers(value, (v, i) => combine(v, by[i]));
    },
  });
  return [
    replacedBy(other),
    combined(
      (name) => `${name} is multiplied by ${other}`,
      (value, by) => value * by,
    ),
    combined(
      (name) => `${name} is divided by ${other}`,
      (value, by) => value / by,
    ),
    combined(
      (name) => `${other} is added to ${name}`,
      (value, by) => value + by,
    ),
    combined(
      (name) => `${other} is subtracted from ${name}`,
      (value, by) => value - by,
    ),
    combined((name) => `the larger of ${name} and ${other} is used`, Math.max),
    combined((name) => `the smaller of ${name} and ${other} is used`, Math.min),
  ];
}

/** Returns the mistake that another argument or step of this name is used in place of a step. */
export function replacedBy(other: string): Distortion {
  return {
    rank: 2,
    says: (name) => `${other} is used instead of ${name}`,
    apply: (value, { values, quantities }, name): Value | undefined => {
      const found = values.get(other) ?? quantities.get(other);
      if (found === undefined || name === other) return undefined;
      if (typeof found === 'string' || typeof value === 'string') return undefined;
      return typeof found === 'number' ? mapNumbers(value, () => found) : found;
    },
  };
}

/** Returns the mistake that an argument that is a word is taken to be this word. */
export function byWord(word: string): Distortion {
  return {
    rank: 1,
    says: (name) => `${name} is taken to be ${JSON.stringify(word)}`,
    apply: (value) => (typeof value === 'string' ? word : undefined),
  };
}
