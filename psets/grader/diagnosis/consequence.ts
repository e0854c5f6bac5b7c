import type { Args, Pset, Task } from '../pset.ts';
import type { Value } from '../value.ts';
import { flatten, shapeOf } from '../values.ts';
import { stepsOf, withResults } from './derived.ts';
import { near, ROUNDING } from './evidence.ts';

/** The results of the student's functions for one case. */
export interface Called {
  readonly args: Args;
  readonly got: Value;
  /** The student's results of the functions that are wrong, by name. */
  readonly wrong: ReadonlyMap<string, Value>;
}

/**
 * Returns the wrong functions of the student from whose results this function's wrong results
 * follow: with the right results of those functions, this one would be right. Returns undefined if
 * there are none.
 */
export function consequenceOf(
  pset: Pset,
  task: Task,
  calls: readonly Called[],
): readonly string[] | undefined {
  const uses = [...new Set(stepsOf(pset, task, calls[0].args).uses)];
  const blamed = uses.filter((name) => calls.some(({ wrong }) => wrong.has(name)));
  if (blamed.length === 0) return undefined;
  const follows = calls.every(({ args, got, wrong }) => {
    const value = withResults(pset, task, args, wrong);
    return value !== undefined && shapeOf(value) === shapeOf(got) && equal(got, value);
  });
  // A result of zeros follows from other zeros, and needs no work.
  const work = calls.some(({ got }) => flatten(got).some((value) => value !== 0));
  return follows && work ? blamed : undefined;
}

/** Returns whether two results agree. NaN agrees with NaN, because it follows from it. */
function equal(a: Value, b: Value): boolean {
  const [left, right] = [flatten(a), flatten(b)];
  const scale = 1 + Math.max(0, ...right.filter(Number.isFinite).map(Math.abs));
  return left.every(
    (value, i) => Object.is(value, right[i]) || near(value, right[i], ROUNDING * scale),
  );
}
