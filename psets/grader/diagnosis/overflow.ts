import type { Args, Task } from '../pset.ts';
import { flatten } from '../values.ts';
import { isList, mapNumbers } from './mapNumbers.ts';
import type { Ask } from './probe.ts';

/** A size of numbers from which an exponential is no longer an ordinary number. */
interface Limit {
  readonly message: string;
  /** Sizes closely below and above the limit. They leave room for a sum of exponentials. */
  readonly below: number;
  readonly above: number;
}

/** The limits of double precision: exp(709.8) is Infinity, and exp(−745.2) is 0. */
const LIMITS: readonly Limit[] = [
  { message: 'exp of a number above 709 is Infinity', below: 695, above: 717 },
  { message: 'exp of a number above 354, squared, is Infinity', below: 347, above: 358 },
  { message: 'exp of a number below −745 is 0', below: 738, above: 752 },
];

/** The sizes of a list that an exponential may get: its largest number, and its spread. */
const SIZES: readonly ((values: readonly number[]) => number)[] = [
  (values) => Math.max(...values.map(Math.abs)),
  (values) => Math.max(...values) - Math.min(...values),
];

/**
 * Explains a result that is not finite by an exponential. It scales the arguments of the case to
 * sizes closely below and above the limits of exp, and asks the student's function again: a result
 * that is finite only below such a limit comes from exp. Returns undefined for other results.
 */
export async function explainByExp(task: Task, args: Args, ask: Ask): Promise<string | undefined> {
  const lists = task.parameters.map(({ name }) => name).filter((name) => isList(args[name]));
  const tries = LIMITS.flatMap((limit) =>
    lists.flatMap((name) =>
      SIZES.flatMap((sizeOf) => {
        const size = sizeOf(flatten(args[name]));
        const to = (aim: number) => ({
          ...args,
          [name]: mapNumbers(args[name], (v) => (v / size) * aim),
        });
        return size > 0 ? [{ limit, pair: [to(limit.below), to(limit.above)] }] : [];
      }),
    ),
  );
  if (tries.length === 0) return undefined;
  const got = await ask(tries.flatMap(({ pair }) => pair));
  if (got === undefined) return undefined;
  const finite = got.map((value) => flatten(value).every(Number.isFinite));
  return tries.find((_, k) => finite[2 * k] && !finite[2 * k + 1])?.limit.message;
}
