import type { Case } from '../pset.ts';
import type { Value } from '../value.ts';
import { flatten, shapeOf } from '../values.ts';

/** The values of the reference and of the student for one case. */
export interface Comparison {
  readonly item: Case;
  readonly expected: Value;
  readonly got: Value;
}

/** One case of the evidence: its numbers, and which of them a test has to explain. */
export interface Exhibit {
  readonly item: Case;
  /** The result of the reference. */
  readonly value: Value;
  readonly expected: readonly number[];
  readonly got: readonly number[];
  /** Whether both results have the same shape. */
  readonly sameShape: boolean;
  /** The largest difference that counts as rounding. */
  readonly tolerance: number;
  /** Which numbers are wrong. */
  readonly wrong: readonly boolean[];
  /** Which numbers count. The others are outside the region that is examined. */
  readonly counts: readonly boolean[];
}

/** The relative difference that the grader allows for sums in different orders. */
export const ROUNDING = 1e-9;

/** Makes the evidence of comparisons. All numbers count. */
export function evidenceOf(comparisons: readonly Comparison[]): readonly Exhibit[] {
  return comparisons.map(({ item, expected, got }) => {
    const [right, given] = [flatten(expected), flatten(got)];
    const sameShape = shapeOf(expected) === shapeOf(got);
    const tolerance =
      ROUNDING * (1 + right.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    const wrong = given.map((value, i) => !sameShape || !near(value, right[i], tolerance));
    const counts = given.map(() => true);
    return {
      item,
      value: expected,
      expected: right,
      got: given,
      sameShape,
      tolerance,
      wrong,
      counts,
    };
  });
}

/** Returns whether two numbers agree up to a tolerance. NaN agrees with nothing. */
export function near(a: number, b: number, tolerance: number): boolean {
  return a === b || Math.abs(a - b) <= tolerance;
}

/**
 * Keeps the numbers of a region only. Returns the cases in which a number of the region is left.
 */
export function within(
  evidence: readonly Exhibit[],
  region: (exhibit: Exhibit) => readonly boolean[],
): readonly Exhibit[] {
  return evidence
    .map((exhibit) => {
      const inside = region(exhibit);
      return { ...exhibit, counts: exhibit.counts.map((counts, i) => counts && inside[i]) };
    })
    .filter(({ counts }) => counts.some(Boolean));
}

/** Returns whether values are those of the student, for all numbers that count. */
export function fits(
  { got, counts, tolerance }: Exhibit,
  values: readonly number[] | undefined,
): boolean {
  return (
    values?.length === got.length &&
    got.every((value, i) => !counts[i] || near(value, values[i], tolerance))
  );
}

/** Puts the cases first in which most numbers are wrong, so that a wrong guess is refuted early. */
export function worstFirst(evidence: readonly Exhibit[]): readonly Exhibit[] {
  const count = ({ wrong }: Exhibit) => wrong.filter(Boolean).length;
  return [...evidence].sort((a, b) => count(b) - count(a));
}

/** Returns the number of wrong numbers that count. */
export function wrongCount(evidence: readonly Exhibit[]): number {
  return evidence.reduce(
    (sum, { wrong, counts }) => sum + wrong.filter((is, i) => is && counts[i]).length,
    0,
  );
}
