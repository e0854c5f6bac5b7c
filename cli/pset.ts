import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { InputError, show } from '../lib/errors.ts';
import { makeFolder } from '../lib/files/makeFolder.ts';
import { readRegularText } from '../lib/files/readFile.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import type { Pset } from '../psets/grader/pset.ts';
import { packageRoot, packageVersion } from './manifest.ts';
import { integerOption } from './options.ts';
import { printLine } from './process.ts';
import { refuseFiles } from './runFiles.ts';

interface GradeOptions {
  readonly out: string;
  readonly pset?: string;
  readonly jobs: number;
  readonly seed: number;
}

/**
 * Makes the commands `boxprop pset new NAME`, `pset check DIR` and `pset grade DIR...`. The exit
 * status of `pset check` is 1 unless all points are reached.
 */
export function psetCommand(): Command {
  return new Command('pset')
    .description('problem sets: write handouts, check and grade solutions')
    .addCommand(newCommand())
    .addCommand(checkCommand())
    .addCommand(gradeCommand());
}

function newCommand(): Command {
  return new Command('new')
    .description('write a handout: statement, skeleton, package.json')
    .argument(
      '<name>',
      'linear, pointwise, euclidean, backprop-example, convolution, max-pooling, softmax, batch-norm, prelu, contrast-norm or dropout',
    )
    .option('--dir <dir>', 'new folder (default: the name)')
    .option('--js', 'write JavaScript instead of TypeScript')
    .action(async (name: string, { dir = name, js = false }: { dir?: string; js?: boolean }) => {
      const { handout } = await import('../psets/grader/handout.ts');
      const pset = await findPset(name);
      if (existsSync(dir))
        throw new InputError(`--dir: expected a folder that does not exist yet, got ${show(dir)}`);
      const readme = await readFile(join(packageRoot(), 'psets', name, 'README.md'), 'utf8');
      await makeFolder(dir);
      for (const [file, text] of Object.entries(handout(pset, readme, packageVersion(), js))) {
        await writeFileAtomic(join(dir, file), text);
        printLine(join(dir, file));
      }
    });
}

function checkCommand(): Command {
  return new Command('check')
    .description('check a solution, function by function; limits its time, but is no sandbox')
    .argument('<dir>', 'folder of the handout with solution.ts or solution.js')
    .option('--pset <name>', 'problem set (default: as package.json says)')
    .option('--seed <n>', 'random seed of the examples', integerOption('--seed', 0), 0)
    .option('--json', 'print JSON')
    .action(
      async (
        dir: string,
        { pset: named, seed, json }: { pset?: string; seed: number; json?: boolean },
      ) => {
        const { checkPset, reportLines } = await import('../psets/grader/check.ts');
        const { LIMITS, Student } = await import('../psets/grader/student.ts');
        const { solutionIn } = await import('../psets/grader/gradeAll.ts');
        const { Rng } = await import('../lib/rng.ts');
        const pset = await findPset(named ?? (await readPsetName(dir)));
        const file = solutionIn(dir);
        const report = await checkPset(pset, new Student(file, LIMITS), new Rng(seed));
        printLine(json ? JSON.stringify(report) : reportLines(report).join('\n'));
        if (report.points < report.maxPoints) process.exitCode = 1;
      },
    );
}

function gradeCommand(): Command {
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
      const { checkPset } = await import('../psets/grader/check.ts');
      const { LIMITS, Student } = await import('../psets/grader/student.ts');
      const { gradeAll, gradesCsv, gradesHtml } = await import('../psets/grader/gradeAll.ts');
      const { Rng } = await import('../lib/rng.ts');
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

async function findPset(name: string): Promise<Pset> {
  const { psets } = await import('../psets/index.ts');
  const found = psets.find((pset) => pset.name === name);
  if (found !== undefined) return found;
  throw new InputError(
    `pset: expected one of ${psets.map((pset) => pset.name).join(', ')}, got ${show(name)}`,
  );
}

/** Throws if a folder's package.json names another problem set than that of the first folder. */
async function refuseOtherPsets(dirs: readonly string[], first: string): Promise<void> {
  for (const dir of dirs) {
    const own = await psetNamedIn(dir);
    if (own === undefined || own === first) continue;
    throw new InputError(
      `${dir}: expected the problem set ${first}, as in ${show(dirs[0])}, got ${show(own)}; --pset NAME decides`,
    );
  }
}

async function psetNamedIn(dir: string): Promise<string | undefined> {
  const text = await readRegularText(join(dir, 'package.json')).catch(() => '{}');
  return /"boxprop":\s*\{\s*"pset":\s*"([^"]*)"/.exec(text)?.[1];
}

/** Reads the name of the problem set from the package.json of a handout. */
async function readPsetName(dir: string): Promise<string> {
  const name = await psetNamedIn(dir);
  if (name === undefined)
    throw new InputError(
      `--pset: expected the name of a problem set, because ${show(dir)} has no package.json that names one`,
    );
  return name;
}
