import type { PsetReport } from '../grader/check.ts';

/** The grade of one problem set in a submission. */
export interface SetGrade {
  readonly title: string;
  /** The path of the file that was graded, or undefined if there is none. */
  readonly file: string | undefined;
  readonly report: PsetReport;
}

/** The grade of a submission. */
export interface SubmissionGrade {
  readonly sets: readonly SetGrade[];
  /** What the lecturer and the student should know about the files. */
  readonly notes: readonly string[];
}
