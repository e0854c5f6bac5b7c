import { applied, argumentsOf, type Args, type Pset, type Task } from './pset.ts';
import type { Value } from './value.ts';

/** Returns the result of the reference solution. */
export function referenceOf({ solution }: Pset, task: Task, args: Args): Value {
  return applied(solution[task.name], argumentsOf(task, args));
}
