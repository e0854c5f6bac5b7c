import { applied, argumentsOf, type Case, type Pset, type Task, type Value } from './pset.ts';
import { agree, close, flatten, isRows, shapeOf, transposed } from './values.ts';

/** The values of the reference and of the student for one case. */
export interface Comparison {
  readonly item: Case;
  readonly expected: Value;
  readonly got: Value;
}

/** The flattened values of the reference and of the student, with one pair per case. */
type Lists = readonly (readonly [expected: readonly number[], got: readonly number[]])[];

/**
 * Guesses the mistake in a function from its values. A mistake must explain the student's values in
 * every case, including the cases that are right. The known mistakes of the problem set are tried
 * first, and then mistakes that any function can have. If no mistake fits, and the function is
 * wrong only for certain words in its arguments (such as a boundary), only those cases are tried.
 */
export function diagnose(pset: Pset, task: Task, comparisons: readonly Comparison[]): string {
  const whole = explain(pset, task, comparisons);
  if (whole !== undefined) return whole;
  const part = wrongForWords(task, comparisons);
  if (part === undefined) return 'the numbers are wrong';
  return `${explain(pset, task, part.wrong) ?? 'the numbers are wrong'}, for ${part.words}`;
}

function explain(pset: Pset, task: Task, comparisons: readonly Comparison[]): string | undefined {
  const known = pset.mistakes.find(
    (mistake) =>
      mistake.task === task.name &&
      comparisons.every(({ item, got }) =>
        agree(got, applied(mistake.solve, argumentsOf(task, item.args))),
      ),
  );
  if (known !== undefined) return known.message;
  if (comparisons.some(({ expected, got }) => shapeOf(expected) !== shapeOf(got)))
    return explainShape(comparisons);
  const lists = comparisons.map(({ expected, got }) => [flatten(expected), flatten(got)] as const);
  const general = GENERAL.find(([, explains]) => explains(lists));
  return general?.[0] ?? explainFactor(lists, comparisons, task) ?? explainBorder(lists);
}

function explainShape(comparisons: readonly Comparison[]): string {
  const swapped = comparisons.every(
    ({ expected, got }) =>
      isRows(expected) && isRows(got) && close(transposed(got).flat(), expected.flat()),
  );
  if (swapped) return 'transposed: rows and columns are exchanged';
  const wrong = comparisons.find(({ expected, got }) => shapeOf(expected) !== shapeOf(got));
  const { expected, got } = wrong ?? comparisons[0];
  return `wrong shape: expected ${shapeOf(expected)}, got ${shapeOf(got)}`;
}

const every = (lists: Lists, make: (expected: readonly number[]) => readonly number[]) =>
  lists.every(([expected, got]) => close(got, make(expected)));

/**
 * Returns whether each element i has the correct value of element i + by. Elements without a
 * counterpart are ignored.
 */
const shifted = (lists: Lists, by: 1 | -1) =>
  lists.every(([expected, got]) => {
    const [a, b] =
      by === 1 ? [got.slice(0, -1), expected.slice(1)] : [got.slice(1), expected.slice(0, -1)];
    return close(a, b);
  }) && lists.some(([expected]) => expected.length > 3);

const GENERAL: readonly (readonly [message: string, explains: (lists: Lists) => boolean])[] = [
  ['every number is 0', (lists) => every(lists, (e) => e.map(() => 0))],
  [
    'the sign is wrong: every number has the opposite sign',
    (lists) => every(lists, (e) => e.map((v) => -v)),
  ],
  [
    'the order is reversed: the first number comes last',
    (lists) => every(lists, (e) => [...e].reverse()),
  ],
  ['shifted by one: each number is one place too early', (lists) => shifted(lists, 1)],
  ['shifted by one: each number is one place too late', (lists) => shifted(lists, -1)],
];

function explainFactor(
  lists: Lists,
  comparisons: readonly Comparison[],
  { parameters }: Task,
): string | undefined {
  const ratios = lists.map(([expected, got]) => {
    const largest = expected.reduce(
      (best, value, i) => (Math.abs(value) > Math.abs(expected[best]) ? i : best),
      0,
    );
    const ratio = got[largest] / expected[largest];
    const explained = close(
      got,
      expected.map((value) => value * ratio),
    );
    return explained ? ratio : NaN;
  });
  if (!ratios.every(Number.isFinite)) return undefined;
  if (close(ratios, new Array<number>(ratios.length).fill(ratios[0])))
    return `a factor: every number is ${Number(ratios[0].toPrecision(6))} times the right one`;
  for (const { name } of parameters) {
    const lengths = comparisons.map(({ item }) => {
      const value = item.args[name];
      return Array.isArray(value) ? value.length : NaN;
    });
    if (close(ratios, lengths))
      return `a factor: every number is multiplied by the length of ${name}`;
    const inverses = lengths.map((length) => 1 / length);
    if (close(ratios, inverses))
      return `a factor: every number is divided by the length of ${name}`;
  }
  return undefined;
}

/**
 * Explains lists that are correct in the middle and wrong only near the ends. Returns undefined for
 * other lists.
 */
function explainBorder(lists: Lists): string | undefined {
  const wrong = lists.filter(([expected, got]) => !close(got, expected));
  const long = wrong.filter(([expected]) => expected.length >= 5);
  const middle = long.every(([expected, got]) => {
    const [from, to] = [Math.floor(expected.length / 2), Math.ceil(expected.length / 2) + 1];
    return close(got.slice(from, to), expected.slice(from, to));
  });
  return long.length > 1 && middle
    ? 'only numbers near the ends are wrong: terms at the border are missing or counted twice'
    : undefined;
}

/**
 * Finds an argument that is a word, such as a boundary, and for which the function is wrong only
 * for some words. Returns these words and their cases.
 */
function wrongForWords(
  { parameters }: Task,
  comparisons: readonly Comparison[],
): { words: string; wrong: Comparison[] } | undefined {
  for (const { name } of parameters) {
    const words = new Set(
      comparisons.map(({ item }) => item.args[name]).filter((value) => typeof value === 'string'),
    );
    const wrongWords = [...words].filter((word) =>
      comparisons.some(
        ({ item, expected, got }) => item.args[name] === word && !agree(got, expected),
      ),
    );
    if (wrongWords.length > 0 && wrongWords.length < words.size) {
      const wrong = comparisons.filter(({ item }) =>
        wrongWords.some((word) => word === item.args[name]),
      );
      return {
        words: `${name} ${wrongWords.map((word) => JSON.stringify(word)).join(', ')}`,
        wrong,
      };
    }
  }
  return undefined;
}
