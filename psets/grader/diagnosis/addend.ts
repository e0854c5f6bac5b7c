import type { Pset, Task } from '../pset.ts';
import { flatten } from '../values.ts';
import { RESULT, stepsOf } from './derived.ts';
import { fits, worstFirst, type Exhibit } from './evidence.ts';
import { quantitiesOf } from './quantities.ts';

/** The fewest numbers from which a coefficient is guessed. */
const LEAST_NUMBERS = 4;

/**
 * Explains values as the right ones plus something that does not belong there: a number, or an
 * argument or step times a number. The number is that of least squares.
 */
export function explainByAddend(
  pset: Pset,
  task: Task,
  evidence: readonly Exhibit[],
): string | undefined {
  const cases = worstFirst(evidence);
  const numbers = cases.reduce((sum, { counts }) => sum + counts.filter(Boolean).length, 0);
  if (numbers < LEAST_NUMBERS) return undefined;
  const names = task.parameters.map(({ name }) => name);
  const known = cases.map(({ item, got }) => {
    const found = new Map<string, readonly number[]>([['1', got.map(() => 1)]]);
    const values = [
      ...quantitiesOf(pset, names, item.args),
      ...stepsOf(pset, task, item.args).values,
    ];
    for (const [name, value] of values) {
      const list = flatten(value);
      if (name === RESULT) continue;
      if (list.length === got.length) found.set(name, list);
      else if (list.length === 1)
        found.set(
          name,
          got.map(() => list[0]),
        );
    }
    return found;
  });
  for (const name of known[0].keys()) {
    const coefficient = coefficientOf(cases, known.map((values) => values.get(name) ?? [])); // prettier-ignore
    if (!Number.isFinite(coefficient)) continue;
    const exact = cases.every((exhibit, k) =>
      fits(
        exhibit,
        exhibit.expected.map((value, i) => value + coefficient * (known[k].get(name)?.[i] ?? NaN)),
      ),
    );
    if (exact) return describe(name, coefficient);
  }
  return undefined;
}

function coefficientOf(cases: readonly Exhibit[], values: readonly (readonly number[])[]): number {
  let [above, below] = [0, 0];
  for (const [k, { expected, got, counts }] of cases.entries())
    for (const [i, value] of got.entries()) {
      if (!counts[i]) continue;
      above += (value - expected[i]) * (values[k][i] ?? NaN);
      below += (values[k][i] ?? NaN) ** 2;
    }
  return above / below;
}

function describe(name: string, coefficient: number): string {
  const amount = Number(Math.abs(coefficient).toPrecision(6));
  const what = name === '1' ? String(amount) : amount === 1 ? name : `${amount} times ${name}`;
  return coefficient < 0
    ? `${what} is subtracted, and does not belong there`
    : `${what} is added, and does not belong there`;
}
