import type { Pset, Task } from '../pset.ts';
import { withChange } from './derived.ts';
import { fits, near, wrongCount, type Exhibit } from './evidence.ts';
import { isList, mapNumbers } from './mapNumbers.ts';

/** Sums that cancel leave far less than the difference that the grader allows. */
const SMALL = 1e-3;

/**
 * Explains results that are 0 up to rounding, but not exactly 0: the terms of a sum cancel. An
 * argument whose numbers are equal often has this effect, as when a gradient leaves out gradOutput,
 * or uses gradOutput[i] in the place of gradOutput[j]. Returns undefined for other results.
 */
export function explainCancelled(
  pset: Pset,
  task: Task,
  evidence: readonly Exhibit[],
): string | undefined {
  const isSmall = evidence.every(({ got, counts, tolerance }) =>
    got.every((value, i) => !counts[i] || near(value, 0, SMALL * tolerance)),
  );
  const isZero = evidence.every(({ got, counts }) =>
    got.every((value, i) => !counts[i] || value === 0),
  );
  if (!isSmall || isZero || wrongCount(evidence) === 0) return undefined;
  const equal = task.parameters.find(({ name }) =>
    evidence.every(
      (exhibit) =>
        isList(exhibit.item.args[name]) &&
        fits(
          exhibit,
          withChange(pset, task, exhibit.item.args, (step, value) =>
            step === name ? mapNumbers(value, () => 1) : value,
          ),
        ),
    ),
  );
  const because = equal === undefined ? '' : `, as if all numbers of ${equal.name} were equal`;
  return `every number is 0 up to rounding: the terms cancel${because}`;
}
