import type { Task } from '../pset.ts';
import { near, ROUNDING, type Exhibit } from './evidence.ts';

/** Returns whether every number that counts is the one that `make` gives from the right ones. */
const every = (
  evidence: readonly Exhibit[],
  make: (expected: readonly number[]) => readonly number[],
) =>
  evidence.every(({ expected, got, counts, tolerance }) => {
    const made = make(expected);
    return got.every((value, i) => !counts[i] || near(value, made[i], tolerance));
  });

/**
 * Returns whether each element i has the correct value of element i + by. Elements without a
 * counterpart are ignored.
 */
const shifted = (evidence: readonly Exhibit[], by: 1 | -1) =>
  evidence.every(({ expected, got, counts, tolerance }) =>
    got.every(
      (value, i) =>
        !counts[i] ||
        i + by < 0 ||
        i + by >= got.length ||
        near(value, expected[i + by], tolerance),
    ),
  ) && evidence.some(({ expected, counts }) => expected.length > 3 && counts.every(Boolean));

/** Returns whether all numbers that count are 0, and not only nearly. */
const allZero = (evidence: readonly Exhibit[]) =>
  evidence.every(({ got, counts }) => got.every((value, i) => !counts[i] || value === 0));

const TESTS: readonly (readonly [
  message: string,
  explains: (evidence: readonly Exhibit[]) => boolean,
])[] = [
  ['every number is 0', (evidence) => allZero(evidence)],
  [
    'the sign is wrong: every number has the opposite sign',
    (evidence) => every(evidence, (e) => e.map((v) => -v)),
  ],
  [
    'the order is reversed: the first number comes last',
    (evidence) => every(evidence, (e) => [...e].reverse()),
  ],
  ['shifted by one: each number is one place too early', (evidence) => shifted(evidence, 1)],
  ['shifted by one: each number is one place too late', (evidence) => shifted(evidence, -1)],
];

/**
 * Explains results that are all wrong in the same way: 0, of the opposite sign, reversed, shifted,
 * or multiplied by a number or by the length of an argument.
 */
export function explainWhole(task: Task, evidence: readonly Exhibit[]): string | undefined {
  return TESTS.find(([, explains]) => explains(evidence))?.[0] ?? explainFactor(task, evidence);
}

function explainFactor({ parameters }: Task, all: readonly Exhibit[]): string | undefined {
  // A case whose right numbers are 0 tells nothing about a factor.
  const evidence = all.filter(({ expected, counts, wrong }) =>
    expected.some((value, i) => counts[i] && (value !== 0 || wrong[i])),
  );
  if (evidence.length === 0) return undefined;
  const ratios = evidence.map(({ expected, got, counts, tolerance }) => {
    const largest = expected.reduce(
      (best, value, i) =>
        counts[i] && (!counts[best] || Math.abs(value) > Math.abs(expected[best])) ? i : best,
      0,
    );
    const ratio = got[largest] / expected[largest];
    const explained = got.every(
      (value, i) => !counts[i] || near(value, expected[i] * ratio, Math.max(1, ratio) * tolerance),
    );
    return explained ? ratio : NaN;
  });
  // A factor of rounding size is no factor: the numbers are sums whose terms cancel.
  if (!ratios.every((ratio) => Number.isFinite(ratio) && Math.abs(ratio) > ROUNDING))
    return undefined;
  const are = (values: readonly number[]) =>
    ratios.every((ratio, k) => near(ratio, values[k], 1e-9 * (1 + Math.abs(ratio))));
  if (are(ratios.map(() => ratios[0]))) return describeFactor(ratios[0]);
  for (const { name } of parameters) {
    const lengths = evidence.map(({ item }) => {
      const value = item.args[name];
      return Array.isArray(value) ? value.length : NaN;
    });
    if (are(lengths)) return `a factor: every number is multiplied by the length of ${name}`;
    if (are(lengths.map((length) => 1 / length)))
      return `a factor: every number is divided by the length of ${name}`;
  }
  return undefined;
}

/** The bases of logarithms that students take instead of the natural one. */
const BASES = [2, 10];

function describeFactor(ratio: number): string {
  const is = (value: number) => near(ratio, value, ROUNDING);
  const factor = Number(ratio.toPrecision(6));
  const over = BASES.find((base) => is(1 / Math.log(base)));
  if (over !== undefined)
    return `a factor: every number is ${factor} = 1/ln ${over} times the right one, as if the logarithm to base ${over} were taken instead of the natural one`;
  const times = BASES.find((base) => is(Math.log(base)));
  const name = times === undefined ? '' : ` = ln ${times}`;
  return `a factor: every number is ${factor}${name} times the right one`;
}

/**
 * Returns whether the lists are correct in the middle and wrong only near the ends. The values do
 * not tell whether terms are missing there, count twice, or are other ones.
 */
export function onlyAtEnds(evidence: readonly Exhibit[]): boolean {
  const wrong = evidence.filter((exhibit) => exhibit.wrong.some(Boolean));
  const long = wrong.filter(({ expected }) => expected.length >= 5);
  const middle = long.every(({ wrong: at, expected: { length } }) =>
    at.slice(Math.floor(length / 2), Math.ceil(length / 2) + 1).every((is) => !is),
  );
  return long.length > 1 && middle;
}
