import { applied, type Pset, type Task } from '../pset.ts';
import { flatten } from '../values.ts';
import type { Value } from '../value.ts';
import { fits, type Exhibit } from './evidence.ts';

/**
 * Explains results that another function of the problem set returns for the same arguments, or for
 * gradOutput in the place of its first argument.
 */
export function explainByOtherFunction(
  pset: Pset,
  task: Task,
  evidence: readonly Exhibit[],
): string | undefined {
  for (const other of pset.tasks) {
    if (other.name === task.name) continue;
    const names = other.parameters.map(({ name }) => name);
    const same = (from: readonly string[]) =>
      evidence.every((exhibit) =>
        fits(
          exhibit,
          resultOf(
            pset,
            other,
            from.map((name) => exhibit.item.args[name]),
          ),
        ),
      );
    if (same(names)) return `this is what ${other.name} returns`;
    const [gradient] = task.parameters;
    if (same([gradient.name, ...names.slice(1)]))
      return `this is ${other.name} of ${gradient.name}`;
  }
  return undefined;
}

function resultOf(
  { solution }: Pset,
  { name }: Task,
  args: readonly Value[],
): readonly number[] | undefined {
  try {
    return flatten(applied(solution[name], args));
  } catch {
    return undefined;
  }
}
