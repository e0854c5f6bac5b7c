import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';
import { packageVersion } from '../manifest.ts';
import { integerOption } from '../options.ts';
import { printLine } from '../process.ts';
import { refuseFiles } from '../runFiles.ts';
import { findPset, readPsetName, refuseOtherPsets } from './findPset.ts';

interface GradeOptions {
  readonly out: string;
  readonly pset?: string;
  readonly jobs: number;
  readonly seed: number;
}

/** Makes the command `boxprop pset grade DIR...`, which grades the submissions of a class. */
export function gradeCommand(): Command {
  return new Command('grade')
    .description('grade many solutions: grades.csv and grades.html; continues if interrupted')
    .argument('<dirs...>', 'one folder per submission')
    .requiredOption('--out <dir>', 'folder of grades.csv and grades.html')
    .option('--pset <name>', "problem set (default: as the first folder's package.json says)")
    .option(
      '--jobs <n>',
      'submissions checked in parallel',
      integerOption('--jobs', 1),
      availableParallelism(),
    )
    .option('--seed <n>', 'random seed of the examples', integerOption('--seed', 0), 0)
    .action(async (dirs: string[], { out, pset: named, jobs, seed }: GradeOptions) => {
      const { checkPset } = await import('../../psets/grader/check.ts');
      const { LIMITS, Student } = await import('../../psets/grader/student.ts');
      const { gradeAll, gradesCsv, gradesHtml } = await import('../../psets/grader/gradeAll.ts');
      const { Rng } = await import('../../lib/rng.ts');
      const pset = await findPset(named ?? (await readPsetName(dirs[0])));
      if (named === undefined) await refuseOtherPsets(dirs, pset.name);
      if (!existsSync(join(out, 'kept'))) await refuseFiles(out, ['grades.csv', 'grades.html']);
      const key = `${pset.name} ${seed} ${packageVersion()}`;
      const grades = await gradeAll(dirs, out, jobs, key, (file) =>
        checkPset(pset, new Student(file, LIMITS), new Rng(seed)),
      );
      await writeFileAtomic(join(out, 'grades.csv'), gradesCsv(grades));
      await writeFileAtomic(join(out, 'grades.html'), gradesHtml(pset.title, grades));
      for (const { dir, report } of grades)
        printLine(`${report.points}/${report.maxPoints}  ${dir}`);
    });
}
