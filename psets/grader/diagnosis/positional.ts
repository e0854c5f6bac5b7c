import { isRows, transposed } from '../values.ts';
import type { Value } from '../value.ts';
import type { Distortion } from './distortion.ts';
import { isList, isNumbers } from './mapNumbers.ts';

/** A list of numbers. */
type Numbers = readonly number[];

const zero = (value: Value): Value => (isList(value) ? value.map(zero) : 0);
const total = (list: Numbers) => list.reduce((sum, value) => sum + value, 0);
const mean = (list: Numbers) => total(list) / list.length;

/** Mistakes in the order of a list, whose items are numbers or rows. */
const ORDERS: readonly (readonly [
  rank: number,
  says: (items: string) => string,
  change: (list: readonly Value[]) => readonly Value[],
])[] = [
  [2, (of) => `only the last ${of} counts`, (l) => l.map((v, i) => (i === l.length - 1 ? v : zero(v)))], // prettier-ignore
  [2, (of) => `only the first ${of} counts`, (l) => l.map((v, i) => (i === 0 ? v : zero(v)))],
  [2, (of) => `the first ${of} is left out`, (l) => l.map((v, i) => (i === 0 ? zero(v) : v))],
  [2, (of) => `the last ${of} is left out`, (l) => l.map((v, i) => (i === l.length - 1 ? zero(v) : v))], // prettier-ignore
  [2, (of) => `the first ${of} is used everywhere`, (l) => l.map(() => l[0])],
  [2, (of) => `the last ${of} is used everywhere`, (l) => l.map(() => l[l.length - 1])],
  [2, (of) => `reversed: each ${of} is taken from the other end`, (l) => [...l].reverse()],
  [3, (of) => `shifted by one: the ${of} after each is used, and the first after the last`, (l) => [...l.slice(1), l[0]]], // prettier-ignore
  [3, (of) => `shifted by one: the ${of} before each is used, and the last before the first`, (l) => [l[l.length - 1], ...l.slice(0, -1)]], // prettier-ignore
  [3, (of) => `shifted by one: the ${of} after each is used, and 0 after the last`, (l) => [...l.slice(1), zero(l[0])]], // prettier-ignore
  [3, (of) => `shifted by one: the ${of} before each is used, and 0 before the first`, (l) => [zero(l[0]), ...l.slice(0, -1)]], // prettier-ignore
  [3, (of) => `shifted by one: the ${of} after each is used`, (l) => [...l.slice(1), l[l.length - 1]]], // prettier-ignore
  [3, (of) => `shifted by one: the ${of} before each is used`, (l) => [l[0], ...l.slice(0, -1)]],
  [3, (of) => `the first ${of} counts twice`, (l) => l.map((v, i) => (i === 0 && typeof v === 'number' ? 2 * v : v))], // prettier-ignore
  [3, (of) => `the last ${of} counts twice`, (l) => l.map((v, i) => (i === l.length - 1 && typeof v === 'number' ? 2 * v : v))], // prettier-ignore
  [4, (of) => `${of}s that are 0 are left out`, (l) => l.filter((v) => v !== 0)],
];

/** Mistakes that use several numbers of a list at once. */
const TOGETHER: readonly (readonly [
  rank: number,
  says: string,
  change: (list: Numbers) => Numbers,
])[] = [
  [3, 'their mean is used everywhere', (l) => l.map(() => mean(l))],
  [3, 'their sum is used everywhere', (l) => l.map(() => total(l))],
  [3, 'the largest is used everywhere', (l) => l.map(() => Math.max(...l))],
  [3, 'the smallest is used everywhere', (l) => l.map(() => Math.min(...l))],
  [3, 'divided by their sum', (l) => l.map((v) => v / total(l))],
  [3, 'divided by the number of them', (l) => l.map((v) => v / l.length)],
  [3, 'their mean is subtracted', (l) => l.map((v) => v - mean(l))],
  [3, 'their sum is subtracted', (l) => l.map((v) => v - total(l))],
  [3, 'the largest is subtracted', (l) => l.map((v) => v - Math.max(...l))],
  [3, 'each is the sum of all up to it', (l) => l.map((_, i) => total(l.slice(0, i + 1)))],
  [3, 'each is the largest of all up to it', (l) => l.map((_, i) => Math.max(...l.slice(0, i + 1)))], // prettier-ignore
  [3, 'each is the largest of all up to it and 0', (l) => l.map((_, i) => Math.max(0, ...l.slice(0, i + 1)))], // prettier-ignore
  [4, 'sorted upwards', (l) => [...l].sort((a, b) => a - b)],
  [4, 'sorted downwards', (l) => [...l].sort((a, b) => b - a)],
  [4, 'divided by their length as a vector', (l) => l.map((v) => v / Math.hypot(...l))],
  [4, 'softmax is applied to them', (l) => l.map((v) => Math.exp(v) / total(l.map(Math.exp)))],
];

const columns = (change: (list: readonly Value[]) => readonly Value[]) => (value: Value) =>
  isRows(value) ? value.map((row) => change(row)) : undefined;

/** Mistakes in the positions of the numbers of a step. */
export const POSITIONAL: readonly Distortion[] = [
  ...ORDERS.flatMap(([rank, says, change]): Distortion[] => [
    {
      rank,
      says: (name) => `${name}: ${says('number')}`,
      apply: (value) => (isNumbers(value) ? change(value) : undefined),
    },
    {
      rank,
      says: (name) => `${name}: ${says('row')}`,
      apply: (value) => (isRows(value) ? change(value) : undefined),
    },
    { rank, says: (name) => `${name}: ${says('number of each row')}`, apply: columns(change) },
  ]),
  ...TOGETHER.flatMap(([rank, says, change]): Distortion[] => [
    {
      rank,
      says: (name) => `${name}: ${says}`,
      apply: (value) => (isNumbers(value) ? change(value) : undefined),
    },
    {
      rank,
      says: (name) => `${name}: in each row, ${says}`,
      apply: (value) => (isRows(value) ? value.map((row) => change(row)) : undefined),
    },
    {
      rank: rank + 1,
      says: (name) => `${name}: in each column, ${says}`,
      apply: (value) => (isRows(value) ? transposed(transposed(value).map((c) => change(c))) : undefined), // prettier-ignore
    },
    {
      rank: rank + 1,
      says: (name) => `${name}: over all rows, ${says}`,
      apply: (value) => {
        if (!isRows(value)) return undefined;
        const changed = change(value.flat());
        return value.map((row, n) => row.map((_, i) => changed[n * row.length + i]));
      },
    },
  ]),
  {
    rank: 1,
    says: (name) => `${name} is transposed: rows and columns are exchanged`,
    apply: (value) => (isRows(value) ? transposed(value) : undefined),
  },
  {
    rank: 2,
    says: (name) => `${name} is read row by row where columns are meant`,
    apply: (value) => {
      if (!isRows(value)) return undefined;
      const all = transposed(value).flat();
      return value.map((row, n) => row.map((_, i) => all[n * row.length + i]));
    },
  },
];
