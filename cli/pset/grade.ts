import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { packageVersion } from '../manifest.ts';
import { integerOption } from '../options.ts';
import { printLine } from '../process.ts';
import { refuseFiles } from '../runFiles.ts';
import { choosePset, refuseOtherSeed, SET_OPTION, type PsetChoice } from './findPset.ts';

interface GradeOptions extends PsetChoice {
  readonly out: string;
  readonly jobs: number;
  readonly seed: number;
}

/** Makes the command `boxprop pset grade DIR...`, which grades the submissions of a class. */
export function gradeCommand(): Command {
  return new Command('grade')
    .description(
      'grade many solutions: a table, a page of the class and one per student; continues if interrupted',
    )
    .argument('<dirs...>', 'one folder per submission')
    .requiredOption('--out <dir>', 'folder of grades.csv, grades.html and students/')
    .option('--pset <name>', "problem set (default: as the first folder's package.json says)")
    .option(...SET_OPTION)
    .option(
      '--jobs <n>',
      'submissions checked in parallel',
      integerOption('--jobs', 1),
      availableParallelism(),
    )
    .option('--seed <n>', 'random seed of the examples', integerOption('--seed', 0), 0)
    .action(async (dirs: string[], { out, jobs, seed, ...choice }: GradeOptions) => {
      const { checkPset } = await import('../../psets/grader/check.ts');
      const { LIMITS, Student } = await import('../../psets/grader/student.ts');
      const { gradeAll } = await import('../../psets/grader/gradeAll.ts');
      const { missingReport } = await import('../../psets/class/grade.ts');
      const { writeClass } = await import('../../psets/class/writeClass.ts');
      const { fingerprint } = await import('../../psets/grader/fingerprint.ts');
      const { Rng } = await import('../../lib/rng.ts');
      const pset = await choosePset(choice, dirs);
      refuseOtherSeed(pset, seed);
      if (!existsSync(join(out, 'kept')))
        await refuseFiles(out, ['grades.csv', 'grades.html', 'students']);
      const key = `${pset.name} ${seed} ${packageVersion()} ${fingerprint(pset, seed)}`;
      const check = (file: string) => checkPset(pset, new Student(file, LIMITS), new Rng(seed));
      const missing = missingReport(pset);
      const grades = await gradeAll(dirs, { out, jobs, key, check, missing });
      await writeClass(pset.title, grades, out);
      for (const { dir, report } of grades)
        printLine(`${report.points}/${report.maxPoints}  ${dir}`);
    });
}
