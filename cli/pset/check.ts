import { Command } from 'commander';
import { integerOption } from '../options.ts';
import { printLine } from '../process.ts';
import { choosePset, refuseOtherSeed, SET_OPTION, type PsetChoice } from './findPset.ts';

interface CheckOptions extends PsetChoice {
  readonly seed: number;
  readonly json?: boolean;
}

/**
 * Makes the command `boxprop pset check DIR`. Its exit status is 1 unless all points are reached.
 */
export function checkCommand(): Command {
  return new Command('check')
    .description('check a solution, function by function; limits its time, but is no sandbox')
    .argument('<dir>', 'folder of the handout with solution.ts or solution.js')
    .option('--pset <name>', 'problem set (default: as package.json says)')
    .option(...SET_OPTION)
    .option('--seed <n>', 'random seed of the examples', integerOption('--seed', 0), 0)
    .option('--json', 'print JSON')
    .action(async (dir: string, { seed, json, ...choice }: CheckOptions) => {
      const { checkPset, reportLines } = await import('../../psets/grader/check.ts');
      const { LIMITS, Student } = await import('../../psets/grader/student.ts');
      const { solutionIn } = await import('../../psets/grader/gradeAll.ts');
      const { Rng } = await import('../../lib/rng.ts');
      const pset = await choosePset(choice, [dir]);
      refuseOtherSeed(pset, seed);
      const file = solutionIn(dir);
      const report = await checkPset(pset, new Student(file, LIMITS), new Rng(seed));
      printLine(json ? JSON.stringify(report) : reportLines(report).join('\n'));
      if (report.points < report.maxPoints) process.exitCode = 1;
    });
}
