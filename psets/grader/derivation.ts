import type { Value } from './value.ts';

/**
 * Names the steps of a derivation while it is computed. Each method returns the value that it is
 * given. If the grader tries a mistake in that step, it returns the value with the mistake, which
 * has the same shape.
 */
export interface Trace {
  /**
   * A step, such as the deviation σ. `others` holds what students use in its place, by a
   * description such as "the variance".
   */
  step<T extends Value>(name: string, value: T, others?: { readonly [name: string]: T }): T;
  /** A step that is added to others, such as the path through the mean. */
  term<T extends Value>(name: string, value: T): T;
  /** The addends of a sum, of which some may be left out. */
  parts(name: string, value: readonly number[]): readonly number[];
  /** A step that is the result of another function of the problem set, for the same arguments. */
  result<T extends Value>(task: string, value: T): T;
}

/**
 * A function of a problem set, computed in named steps. Without a mistake in a step, it agrees with
 * the reference solution. The grader repeats it with one mistake after another, and compares the
 * values with those of the student. It must end for changed arguments too, such as a stride of 0:
 * an error is fine, a loop without end is not.
 *
 *     const halves: Derivation = (trace: Trace, x: number[]) =>
 *       trace.step('the sum', x.reduce((a, b) => a + b, 0)) / trace.step('the count', x.length);
 */
export type Derivation = (trace: Trace, ...args: never[]) => Value;
