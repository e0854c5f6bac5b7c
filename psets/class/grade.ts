import * as v from 'valibot';
import { reportLines, type PsetReport } from '../grader/check.ts';
import type { Pset } from '../grader/pset.ts';

/**
 * The schema of a kept report. The example of a function is kept as lines of text, because JSON has
 * no NaN.
 */
export const GRADED_REPORT = v.object({
  pset: v.string(),
  points: v.number(),
  maxPoints: v.number(),
  tasks: v.array(
    v.object({
      task: v.string(),
      pass: v.boolean(),
      points: v.number(),
      maxPoints: v.number(),
      message: v.string(),
      /** The arguments, the expected value, and the value of the submission, one per line. */
      example: v.array(v.string()),
    }),
  ),
});

/** A report as it is kept and shown. */
export type GradedReport = v.InferOutput<typeof GRADED_REPORT>;

/** A submission and its grade. */
export interface Grade {
  /** The folder, as it was given. */
  readonly dir: string;
  readonly report: GradedReport;
  /** The submission's code without comments, spaces, and its own names. See `sameCode`. */
  readonly code: string;
}

/** Returns a report with its examples as text. */
export function gradedReport(report: PsetReport): GradedReport {
  const { pset, points, maxPoints, tasks } = report;
  return {
    pset,
    points,
    maxPoints,
    tasks: tasks.map((one) => ({
      task: one.task,
      pass: one.pass,
      points: one.points,
      maxPoints: one.maxPoints,
      message: one.message,
      // The first line is the verdict, and the last line the total.
      example: reportLines({ ...report, tasks: [one] })
        .slice(1, -1)
        .map((line) => line.trim()),
    })),
  };
}

/** Makes the report of a folder without a solution. No function has points. */
export function missingReport({ name, tasks }: Pset): GradedReport {
  return {
    pset: name,
    points: 0,
    maxPoints: tasks.reduce((sum, { points }) => sum + points, 0),
    tasks: tasks.map((task) => ({
      task: task.name,
      pass: false,
      points: 0,
      maxPoints: task.points,
      message: 'missing: the folder has no solution.ts or solution.js',
      example: [],
    })),
  };
}
