import type { Pset, Task } from '../pset.ts';
import { stepsOf, withChange } from './derived.ts';
import { fits, worstFirst, type Exhibit } from './evidence.ts';
import { leastSquares } from './leastSquares.ts';
import { mapNumbers } from './mapNumbers.ts';

/**
 * Explains values as a sum of the terms of a derivation with wrong coefficients. The coefficients
 * are those of least squares over all cases, and they must give the student's values exactly.
 */
export function explainByTerms(
  pset: Pset,
  task: Task,
  evidence: readonly Exhibit[],
): string | undefined {
  const first = worstFirst(evidence)[0];
  const terms = [...stepsOf(pset, task, first.item.args).roles]
    .filter(([, role]) => role === 'term')
    .map(([name]) => name);
  if (terms.length === 0) return undefined;
  const parts = evidence.map(({ item, expected }) =>
    terms.map((term) => {
      const without = withChange(pset, task, item.args, (name, value) =>
        name === term ? mapNumbers(value, () => 0) : value,
      );
      return without === undefined ? undefined : expected.map((value, i) => value - without[i]);
    }),
  );
  const rows: number[][] = [];
  const right: number[] = [];
  for (const [k, { got, expected, counts }] of evidence.entries()) {
    for (const [i, value] of got.entries()) {
      if (!counts[i]) continue;
      // The rest of the derivation, which is no term, has the coefficient 1.
      const row = parts[k].map((part) => part?.[i] ?? NaN);
      rows.push(row);
      right.push(value - (expected[i] - row.reduce((sum, one) => sum + one, 0)));
    }
  }
  const coefficients = leastSquares(rows, right);
  if (coefficients === undefined) return undefined;
  const exact = evidence.every((exhibit, k) =>
    fits(
      exhibit,
      exhibit.expected.map((value, i) =>
        parts[k].reduce((sum, part, j) => sum + (coefficients[j] - 1) * (part?.[i] ?? NaN), value),
      ),
    ),
  );
  if (!exact) return undefined;
  const wrong = terms.flatMap((term, j) => {
    const says = describe(term, coefficients[j]);
    return says === undefined ? [] : [says];
  });
  return wrong.length === 0 ? undefined : wrong.join('; ');
}

function describe(term: string, coefficient: number): string | undefined {
  const is = (value: number) => Math.abs(coefficient - value) < 1e-6;
  if (is(1)) return undefined;
  if (is(0)) return `${term} is missing`;
  if (is(-1)) return `the sign of ${term} is wrong`;
  return `${term} is ${Number(coefficient.toPrecision(6))} times the right one`;
}
