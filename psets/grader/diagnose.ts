import { agree, close, flat, isRows, shapeOf, transposed } from './numbers.ts';
import { applied, argumentsOf, type Case, type Pset, type Task, type Value } from './pset.ts';

/** A student's value beside the reference's, for one case. */
export interface Pair {
  readonly one: Case;
  readonly expected: Value;
  readonly got: Value;
}

type Lists = readonly (readonly [expected: readonly number[], got: readonly number[]])[];

/**
 * What is wrong with a function whose numbers differ, told by the numbers: each hypothesis must explain what the student's
 * function gave in every case, the right ones too. First the pset's own mistakes, then those that any function can have.
 */
export function diagnose(pset: Pset, task: Task, pairs: readonly Pair[]): string {
  const whole = explain(pset, task, pairs);
  if (whole !== undefined) return whole;
  const part = partlyWrong(task, pairs);
  if (part === undefined) return 'the numbers are wrong';
  return `${explain(pset, task, part.some) ?? 'the numbers are wrong'}, for ${part.only}`;
}

function explain(pset: Pset, task: Task, pairs: readonly Pair[]): string | undefined {
  const own = pset.mistakes.find(
    (mistake) =>
      mistake.task === task.name &&
      pairs.every(({ one, got }) =>
        agree(got, applied(mistake.gives, argumentsOf(task, one.args))),
      ),
  );
  if (own !== undefined) return own.message;
  if (pairs.some(({ expected, got }) => shapeOf(expected) !== shapeOf(got))) return shapes(pairs);
  const lists = pairs.map(({ expected, got }) => [flat(expected), flat(got)] as const);
  const found = GENERAL.find(([, explains]) => explains(lists));
  return found?.[0] ?? factor(lists, pairs, task) ?? border(lists);
}

function shapes(pairs: readonly Pair[]): string {
  const turned = pairs.every(
    ({ expected, got }) =>
      isRows(expected) && isRows(got) && close(transposed(got).flat(), expected.flat()),
  );
  if (turned) return 'transposed: rows and columns are exchanged';
  const bad = pairs.find(({ expected, got }) => shapeOf(expected) !== shapeOf(got)) ?? pairs[0];
  return `wrong shape: expected ${shapeOf(bad.expected)}, got ${shapeOf(bad.got)}`;
}

const every = (lists: Lists, give: (expected: readonly number[]) => readonly number[]) =>
  lists.every(([expected, got]) => close(got, give(expected)));

/** Element i is what belongs at i + by; what falls off an end is not looked at. */
const moved = (lists: Lists, by: 1 | -1) =>
  lists.every(([expected, got]) => {
    const [a, b] =
      by === 1 ? [got.slice(0, -1), expected.slice(1)] : [got.slice(1), expected.slice(0, -1)];
    return close(a, b);
  }) && lists.some(([expected]) => expected.length > 3);

const GENERAL: readonly (readonly [says: string, explains: (lists: Lists) => boolean])[] = [
  ['every number is 0', (lists) => every(lists, (e) => e.map(() => 0))],
  [
    'the sign is wrong: every number has the opposite one',
    (lists) => every(lists, (e) => e.map((v) => -v)),
  ],
  [
    'the order is reversed: the first number stands last',
    (lists) => every(lists, (e) => [...e].reverse()),
  ],
  ['shifted by one: each number stands one place too early', (lists) => moved(lists, 1)],
  ['shifted by one: each number stands one place too late', (lists) => moved(lists, -1)],
];

function factor(lists: Lists, pairs: readonly Pair[], { parameters }: Task): string | undefined {
  const found = lists.map(([expected, got]) => {
    const at = expected.reduce(
      (best, v, i) => (Math.abs(v) > Math.abs(expected[best]) ? i : best),
      0,
    );
    const ratio = got[at] / expected[at];
    return close(
      got,
      expected.map((v) => v * ratio),
    )
      ? ratio
      : NaN;
  });
  if (found.some((ratio) => !Number.isFinite(ratio))) return undefined;
  if (
    close(
      found,
      found.map(() => found[0]),
    )
  )
    return `a factor: every number is ${Number(found[0].toPrecision(6))} times what it should be`;
  for (const { name } of parameters) {
    const sizes = pairs.map(({ one }) =>
      Array.isArray(one.args[name]) ? (one.args[name] as readonly Value[]).length : NaN,
    );
    if (close(found, sizes)) return `a factor: every number is too large by the length of ${name}`;
    if (
      close(
        found,
        sizes.map((size) => 1 / size),
      )
    )
      return `a factor: every number is divided by the length of ${name}`;
  }
  return undefined;
}

/** The middle is right and the ends are not. */
function border(lists: Lists): string | undefined {
  const wrong = lists.filter(([expected, got]) => !close(got, expected));
  const ends = wrong.filter(([expected]) => expected.length >= 5);
  const middle = ends.every(([expected, got]) => {
    const [from, to] = [Math.floor(expected.length / 2), Math.ceil(expected.length / 2) + 1];
    return close(got.slice(from, to), expected.slice(from, to));
  });
  return ends.length > 1 && middle
    ? 'only numbers near the ends are wrong: terms at the border are missing or counted twice'
    : undefined;
}

/** The words of an argument, such as a boundary, for which alone it is wrong, and the cases with them. */
function partlyWrong(
  { parameters }: Task,
  pairs: readonly Pair[],
): { only: string; some: Pair[] } | undefined {
  for (const { name } of parameters) {
    const words = new Set(
      pairs.map(({ one }) => one.args[name]).filter((value) => typeof value === 'string'),
    );
    const bad = [...words].filter((word) =>
      pairs.some(({ one, expected, got }) => one.args[name] === word && !agree(got, expected)),
    );
    if (bad.length > 0 && bad.length < words.size) {
      const some = pairs.filter(({ one }) => bad.some((word) => word === one.args[name]));
      return { only: `${name} ${bad.map((word) => JSON.stringify(word)).join(', ')}`, some };
    }
  }
  return undefined;
}
