import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { InputError, show } from '../lib/errors.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import type { Pset } from '../psets/grader/pset.ts';
import { packageRoot, packageVersion } from './manifest.ts';
import { integerOption } from './options.ts';

interface GradeOptions {
  readonly out: string;
  readonly pset?: string;
  readonly jobs: number;
  readonly seed: number;
}

/** `boxprop pset new NAME`, `check DIR`, which exits with 1 unless everything passes, and `grade DIR...`. */
export function psetCommand(): Command {
  return new Command('pset')
    .description('problem sets: a handout for students, and a checker that says what is wrong')
    .addCommand(newCommand())
    .addCommand(checkCommand())
    .addCommand(gradeCommand());
}

function newCommand(): Command {
  return new Command('new')
    .description('write the handout of a problem set: statement, skeleton, package.json')
    .argument(
      '<name>',
      'linear, pointwise, euclidean, backprop-example, convolution, max-pooling, softmax, batch-norm, prelu, contrast-norm or dropout',
    )
    .option('--dir <dir>', 'folder to make (default: the name)')
    .option('--js', 'JavaScript instead of TypeScript', false)
    .action(async (name: string, { dir = name, js }: { dir?: string; js: boolean }) => {
      const { handout } = await import('../psets/grader/handout.ts');
      const pset = await psetNamed(name);
      if (existsSync(dir))
        throw new InputError(`--dir: expected a folder that is not there yet, got ${show(dir)}`);
      const readme = await readFile(join(packageRoot(), 'psets', name, 'README.md'), 'utf8');
      await mkdir(dir, { recursive: true });
      for (const [file, text] of Object.entries(handout(pset, readme, packageVersion(), js))) {
        await writeFileAtomic(join(dir, file), text);
        process.stdout.write(`${join(dir, file)}\n`);
      }
    });
}

function checkCommand(): Command {
  return new Command('check')
    .description(
      "grade a student's file, function by function; it runs with limits, but in no security sandbox",
    )
    .argument('<dir>', 'folder of a handout, with solution.ts or solution.js in it')
    .option('--pset <name>', 'which problem set (default: what package.json says)')
    .option('--seed <n>', 'seed of the examples', integerOption('--seed', 0), 0)
    .option('--json', 'print JSON', false)
    .action(
      async (
        dir: string,
        { pset: named, seed, json }: { pset?: string; seed: number; json: boolean },
      ) => {
        const { checkPset, LIMITS, reportLines } = await import('../psets/grader/check.ts');
        const { Student } = await import('../psets/grader/ask.ts');
        const { solutionIn } = await import('../psets/grader/gradeAll.ts');
        const { Rng } = await import('../lib/rng.ts');
        const pset = await psetNamed(named ?? (await psetOf(dir)));
        const file = solutionIn(dir);
        const report = await checkPset(pset, new Student(file, LIMITS), new Rng(seed));
        process.stdout.write(`${json ? JSON.stringify(report) : reportLines(report).join('\n')}\n`);
        if (report.points < report.maxPoints) process.exitCode = 1;
      },
    );
}

function gradeCommand(): Command {
  return new Command('grade')
    .description('grade a class: grades.csv and grades.html; goes on where it was broken off')
    .argument('<dirs...>', 'a folder a submission')
    .requiredOption('--out <dir>', 'folder of the results')
    .option(
      '--pset <name>',
      "which problem set (default: what the first folder's package.json says)",
    )
    .option(
      '--jobs <n>',
      'submissions at a time',
      integerOption('--jobs', 1),
      availableParallelism(),
    )
    .option('--seed <n>', 'seed of the examples, the same for all', integerOption('--seed', 0), 0)
    .action(async (dirs: string[], { out, pset: named, jobs, seed }: GradeOptions) => {
      const { checkPset, LIMITS } = await import('../psets/grader/check.ts');
      const { Student } = await import('../psets/grader/ask.ts');
      const { gradeAll, gradesCsv, gradesHtml } = await import('../psets/grader/gradeAll.ts');
      const { Rng } = await import('../lib/rng.ts');
      const pset = await psetNamed(named ?? (await psetOf(dirs[0])));
      const key = `${pset.name} ${seed} ${packageVersion()}`;
      const grades = await gradeAll(dirs, out, jobs, key, (file) =>
        checkPset(pset, new Student(file, LIMITS), new Rng(seed)),
      );
      await writeFileAtomic(join(out, 'grades.csv'), gradesCsv(grades));
      await writeFileAtomic(join(out, 'grades.html'), gradesHtml(pset.title, grades));
      for (const { dir, report } of grades)
        process.stdout.write(`${report.points}/${report.maxPoints}  ${dir}\n`);
    });
}

async function psetNamed(name: string): Promise<Pset> {
  const { psets } = await import('../psets/index.ts');
  const found = psets.find((pset) => pset.name === name);
  if (found !== undefined) return found;
  throw new InputError(
    `pset: expected one of ${psets.map((pset) => pset.name).join(', ')}, got ${show(name)}`,
  );
}

/** What a handout's package.json says. */
async function psetOf(dir: string): Promise<string> {
  const text = await readFile(join(dir, 'package.json'), 'utf8').catch(() => '{}');
  const name = /"boxprop":\s*\{\s*"pset":\s*"([^"]*)"/.exec(text)?.[1];
  if (name === undefined)
    throw new InputError(
      `--pset: expected the problem set of ${show(dir)}, which does not say, got none`,
    );
  return name;
}
