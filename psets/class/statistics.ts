import type { Grade } from './grade.ts';

/** The distribution of the points of a class. */
export interface Points {
  readonly mean: number;
  readonly median: number;
  readonly max: number;
  /** The number of submissions in each part of the histogram. */
  readonly bars: readonly { readonly label: string; readonly count: number }[];
}

/** One mistake, and the submissions with it. */
export interface Frequency {
  readonly task: string;
  readonly message: string;
  /** The indices of the grades. */
  readonly students: readonly number[];
}

/** The largest number of points for which the histogram has one bar per point. */
const MOST_BARS = 20;

/** Computes mean, median and histogram. The list of grades is not empty. */
export function pointsOf(grades: readonly Grade[]): Points {
  const sorted = grades.map(({ report }) => report.points).sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const max = Math.max(...grades.map(({ report }) => report.maxPoints));
  const width = Math.max(1, Math.ceil(max / MOST_BARS));
  const bars = Array.from({ length: Math.floor(max / width) + 1 }, (_, k) => {
    const [from, to] = [k * width, Math.min((k + 1) * width - 1, max)];
    const count = sorted.filter((points) => points >= from && points < from + width).length;
    return { label: from === to ? String(from) : `${from}–${to}`, count };
  });
  return {
    mean: sorted.reduce((sum, points) => sum + points, 0) / sorted.length,
    median: sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2,
    max,
    bars,
  };
}

/** Counts who has which message. The most frequent mistake comes first. */
export function mistakesOf(grades: readonly Grade[]): Frequency[] {
  const found = new Map<string, { task: string; message: string; students: number[] }>();
  for (const [k, { report }] of grades.entries()) {
    for (const { task, message } of report.tasks) {
      if (message === 'pass') continue;
      const key = JSON.stringify([task, message]);
      const one = found.get(key) ?? { task, message, students: [] };
      one.students.push(k);
      found.set(key, one);
    }
  }
  return [...found.values()].sort((a, b) => b.students.length - a.students.length);
}
