import type { SubmissionGrade } from './submissionGrade.ts';

/** The text that a grading system shows above the functions: points, files and notes. */
export function summaryText({ sets, notes }: SubmissionGrade, late?: string): string {
  const lines = sets.map(({ title, file, report }) => {
    const points = `${report.points} of ${report.maxPoints} points`;
    return `${title}: ${points}${file === undefined ? ', no file' : `, ${file}`}`;
  });
  return [...(late === undefined ? [] : [late]), ...lines, ...notes].join('\n');
}

/** The points of all problem sets. */
export function totals({ sets }: Pick<SubmissionGrade, 'sets'>): {
  readonly points: number;
  readonly maxPoints: number;
} {
  const sum = (pick: (grade: SubmissionGrade['sets'][number]) => number) =>
    sets.reduce((total, grade) => total + pick(grade), 0);
  return {
    points: sum(({ report }) => report.points),
    maxPoints: sum(({ report }) => report.maxPoints),
  };
}

/** The functions of all problem sets, with the name that a grading system shows. */
export function namedTasks({ sets }: Pick<SubmissionGrade, 'sets'>) {
  return sets.flatMap(({ report }, k) =>
    report.tasks.map((task, i) => ({
      report,
      task,
      name: sets.length === 1 ? task.task : `${report.pset}: ${task.task}`,
      number: `${k + 1}.${i + 1}`,
    })),
  );
}
