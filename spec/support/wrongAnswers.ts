import { mapNumbers } from '../../psets/grader/diagnosis/mapNumbers.ts';
import { applied, type Pset, type Solve, type Value } from '../../psets/grader/pset.ts';

/**
 * Returns solutions of a problem set that make the grader use all of its functions: the reference,
 * one solution per known mistake, and solutions with general mistakes.
 */
export function* wrongAnswers({
  solution,
  mistakes,
}: Pick<Pset, 'solution' | 'mistakes'>): Generator<Readonly<Record<string, Solve>>> {
  yield solution;
  for (const { task, solve } of mistakes) yield { ...solution, [task]: solve };
  for (const change of CHANGES) {
    yield Object.fromEntries(
      Object.entries(solution).map(([task, solve]) => [
        task,
        (...args: readonly Value[]) => mapNumbers(applied(solve, args), change),
      ]),
    );
  }
}

/** General mistakes, as changes of the number with index k. */
const CHANGES: readonly ((value: number, k: number) => number)[] = [
  () => 0,
  (value) => -value,
  (value) => 2 * value,
  (value) => value + 1,
  (value, k) => (k === 0 ? value + 1 : value),
  (value) => Math.fround(value),
  () => NaN,
];
