import type { Pset, Task } from '../pset.ts';
import { shapeOf } from '../values.ts';
import { withChange } from './derived.ts';
import { fits, worstFirst, type Exhibit } from './evidence.ts';

/** Explains values by two arguments of the same shape in exchanged places. */
export function explainByExchange(
  pset: Pset,
  task: Task,
  evidence: readonly Exhibit[],
): string | undefined {
  const names = task.parameters.map(({ name }) => name);
  const cases = worstFirst(evidence);
  for (const [at, one] of names.entries()) {
    for (const two of names.slice(at + 1)) {
      const exchanged = cases.every((exhibit) => {
        const { args } = exhibit.item;
        if (shapeOf(args[one]) !== shapeOf(args[two])) return false;
        const values = withChange(pset, task, args, (name, value) =>
          name === one ? args[two] : name === two ? args[one] : value,
        );
        return fits(exhibit, values);
      });
      if (exchanged) return `${one} and ${two} are exchanged`;
    }
  }
  return undefined;
}
