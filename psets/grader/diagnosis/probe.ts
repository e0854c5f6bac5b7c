import type { Args, Pset, Task } from '../pset.ts';
import { referenceOf } from '../reference.ts';
import type { Value } from '../value.ts';
import { flatten, isRows } from '../values.ts';
import { near, ROUNDING } from './evidence.ts';
import { isList, mapNumbers } from './mapNumbers.ts';

/** Calls the student's function; undefined if it does not return values for all arguments. */
export type Ask = (all: readonly Args[]) => Promise<readonly Value[] | undefined>;

/** By how much a probe changes a number. It is small, so that conditions rarely change. */
const STEP = 1e-3;

/**
 * Changes the arguments of one case number by number, and compares which numbers of the student's
 * result change with which numbers of the reference change. A wrong dependence is a fact about the
 * student's function, whatever its mistake is. Returns undefined if all dependences are right, or
 * if the reference has no value for changed arguments, as a recorded one.
 */
export async function probe(
  pset: Pset,
  task: Task,
  args: Args,
  ask: Ask,
): Promise<string | undefined> {
  const changes = probesOf(task, args);
  const inputs = [...new Set(changes.map(({ name }) => name))];
  const all = [args, ...changes.map((change) => change.args)];
  const right = referencesFor(pset, task, all);
  if (right === undefined) return undefined;
  const [expected] = right;
  const got = await ask(all);
  if (got === undefined || flatten(got[0]).length !== flatten(expected).length) return undefined;
  const rows = changes.map((change, k) => ({
    name: change.name,
    right: changed(expected, right[k + 1]),
    own: changed(got[0], got[k + 1]),
  }));
  for (const name of inputs) {
    const fact = factAbout(name, args[name], expected, rows.filter((row) => row.name === name)); // prettier-ignore
    if (fact !== undefined) return fact;
  }
  return inputs[0]?.startsWith('grad') ? linearity(inputs[0], args, ask) : undefined;
}

/** The arguments of a case with one number changed. */
interface Probe {
  /** The argument with that number. */
  readonly name: string;
  readonly args: Args;
}

/**
 * Returns the arguments with one number changed, for each number. Whole numbers, such as a stride,
 * are not changed, because the reference need not end for others.
 */
export function probesOf({ parameters }: Task, args: Args): Probe[] {
  return parameters
    .filter(({ name }) => !Number.isInteger(args[name]))
    .flatMap(({ name }) =>
      flatten(args[name]).map((_, at) => ({
        name,
        args: { ...args, [name]: mapNumbers(args[name], (v, i) => (i === at ? v + STEP : v)) },
      })),
    );
}

function referencesFor(pset: Pset, task: Task, all: readonly Args[]): Value[] | undefined {
  try {
    return all.map((args) => referenceOf(pset, task, args));
  } catch {
    return undefined;
  }
}

/** Which numbers of a result differ from those of another one. */
function changed(before: Value, after: Value): readonly boolean[] {
  const [a, b] = [flatten(before), flatten(after)];
  return a.map((value, i) => !near(value, b[i], ROUNDING * STEP * (1 + Math.abs(value))));
}

/** For each number of an argument, which numbers of the right and of the own result it changes. */
interface Reach {
  readonly right: readonly boolean[];
  readonly own: readonly boolean[];
}

function factAbout(
  name: string,
  value: Value,
  expected: Value,
  reach: readonly Reach[],
): string | undefined {
  const none = reach.every(({ own }) => !own.some(Boolean));
  const needed = reach.some(({ right }) => right.some(Boolean));
  if (none && needed) return `the result does not depend on ${name}`;
  if (!needed && !none) return `the result depends on ${name}, and should not`;
  const unused = reach.findIndex(({ own, right }) => right.some(Boolean) && !own.some(Boolean));
  if (unused >= 0) return `the result does not depend on ${placeIn(name, value, unused)}`;
  if (isRows(value) && isRows(expected) && value.length === expected.length) {
    const mixes = (pick: (one: Reach) => readonly boolean[]) =>
      reach.some((one, at) =>
        pick(one).some((is, i) => is && rowOf(expected, i) !== rowOf(value, at)),
      );
    if (mixes(({ own }) => own) && !mixes(({ right }) => right))
      return `a row of the result depends on other rows of ${name}, and should not`;
    if (mixes(({ right }) => right) && !mixes(({ own }) => own))
      return `a row of the result depends only on the same row of ${name}, and should depend on others`;
  }
  if (isList(value) && reach.length === flatten(expected).length && reach.length > 1) {
    const alone = (pick: (one: Reach) => readonly boolean[]) =>
      reach.every((one, at) => pick(one).every((is, i) => !is || i === at));
    if (alone(({ own }) => own) && !alone(({ right }) => right))
      return `number i of the result depends only on number i of ${name}, and should depend on others`;
    if (!alone(({ own }) => own) && alone(({ right }) => right))
      return `number i of the result depends on other numbers of ${name}, and should depend only on number i`;
  }
  const at = reach.findIndex(({ own, right }) => own.some((is, i) => is !== right[i]));
  if (at < 0) return undefined;
  const i = reach[at].own.findIndex((is, j) => is !== reach[at].right[j]);
  const where = placeIn('the result', expected, i);
  return reach[at].own[i]
    ? `${where} depends on ${placeIn(name, value, at)}, and should not`
    : `${where} does not depend on ${placeIn(name, value, at)}, and should`;
}

/** The row of the number with index `at` among rows of equal length. */
const rowOf = (rows: readonly (readonly number[])[], at: number) => Math.floor(at / rows[0].length);

/** Names the number with index `at` of a value: `x[1][2]`. */
function placeIn(name: string, value: Value, at: number): string {
  if (!isList(value)) return name;
  if (!isRows(value)) return `${name}[${at}]`;
  return `${name}[${rowOf(value, at)}][${at % value[0].length}]`;
}

/** Returns the fact that a gradient is not linear in the gradient of the output. */
async function linearity(name: string, args: Args, ask: Ask): Promise<string | undefined> {
  const scaled = (by: number) => ({ ...args, [name]: mapNumbers(args[name], (v) => by * v) });
  const got = await ask([args, scaled(3), scaled(0), scaled(-1)]);
  if (got === undefined) return undefined;
  const [once, thrice, zero, negative] = got.map(flatten);
  if (zero.some((value) => !near(value, 0, ROUNDING)))
    return `for a ${name} of 0 the result is not 0: something is added that ${name} does not multiply`;
  const is = (list: readonly number[], by: number) =>
    once.every((value, i) => near(list[i], by * value, ROUNDING * (1 + Math.abs(by * value))));
  return is(thrice, 3) && is(negative, -1)
    ? undefined
    : `the result is not linear in ${name}: twice the ${name} must give twice the result`;
}
