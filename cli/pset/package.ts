import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { InputError, show } from '../../lib/errors.ts';
import { makeFolder } from '../../lib/files/makeFolder.ts';
import { readBytes } from '../../lib/files/readFile.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';
import type { PackageFiles } from '../../psets/packages/packageFile.ts';
import { integerOption } from '../options.ts';
import { printLine } from '../process.ts';
import { checkBundle } from './checkBundle.ts';
import { namedSet, ownSet, SET_OPTION } from './findPset.ts';
import type { OwnSet } from './loadSet.ts';
import { statementOf } from './psetParts.ts';

interface PackageOptions {
  readonly set?: string;
  readonly gradescope?: string;
  readonly classroom50?: string;
  readonly prairielearn?: string;
  readonly seed?: number;
  readonly node: string;
}

/** Makes the command `boxprop pset package [NAME...]`, which packs sets for a grading system. */
export function packageCommand(): Command {
  return new Command('package')
    .description('pack problem sets for a grading system, with all that it needs')
    .argument('[names...]', 'problem sets')
    .option(...SET_OPTION)
    .option('--gradescope <file.zip>', 'write the autograder zip of Gradescope')
    .option('--classroom50 <dir>', 'write the folder of an autograder of Classroom 50')
    .option('--prairielearn <dir>', 'write the folder of a question of PrairieLearn')
    .option(
      '--seed <n>',
      'seed of the hidden examples (default: random)',
      integerOption('--seed', 0),
    )
    .option('--node <file>', 'Node for Linux, as from nodejs.org', process.execPath)
    .action(packagePsets);
}

async function packagePsets(names: string[], options: PackageOptions): Promise<void> {
  const { seed = randomInt(1, 2 ** 31) } = options;
  const target = oneTarget(options);
  const sets = await findSets(names, options.set);
  const psets = sets.map(({ pset }) => pset);
  if (psets.some((pset) => pset.recordedSeed !== undefined)) {
    throw new InputError(
      'pset package: expected a clone of the repository, because the installed package has no solutions to grade with: git clone https://github.com/boxprop/boxprop && npm ci',
    );
  }
  const { linuxMachine } = await import('../../psets/packages/linuxNode.ts');
  const node = await readBytes(options.node);
  const machine = linuxMachine('--node', options.node, node);
  const { recordPset } = await import('../../psets/recorded/recordPset.ts');
  const { checkFile } = await import('../../psets/standalone/checkFile.ts');
  const recordings = await Promise.all(psets.map((pset) => recordPset(pset, seed)));
  const contents = { check: checkFile(await checkBundle(), recordings), node };
  const path = target.path;
  if (target.system === 'gradescope') {
    const { gradescopeFiles } = await import('../../psets/packages/gradescopeFiles.ts');
    const { zipped } = await import('../../psets/packages/zipped.ts');
    await makeFolder(dirname(path));
    await writeFileAtomic(path, zipped(gradescopeFiles(psets, contents)));
    printLine(path);
  } else if (target.system === 'classroom50') {
    const { classroom50Files } = await import('../../psets/packages/classroom50Files.ts');
    await writeFiles(path, classroom50Files(psets, contents));
  } else {
    const { prairieLearnFiles } = await import('../../psets/packages/prairieLearnFiles.ts');
    const statements = await Promise.all(sets.map(({ pset, folder }) => statementOf(pset, folder)));
    await writeFiles(path, prairieLearnFiles(psets, statements, contents));
  }
  const packed = psets.map(({ name }) => name).join(', ');
  printLine(`${packed}: hidden examples of seed ${seed}, Node for Linux ${machine}`);
}

/** Finds problem sets of boxprop by name and one's own by its file. */
async function findSets(names: readonly string[], file: string | undefined): Promise<OwnSet[]> {
  const sets: OwnSet[] = [];
  for (const name of names) sets.push(await namedSet(name));
  if (file !== undefined) sets.push(await ownSet(file));
  if (sets.length === 0)
    throw new InputError('pset package: expected a name or --set FILE, got neither');
  const all = sets.map(({ pset }) => pset.name);
  const repeated = all.find((name, k) => all.indexOf(name) < k);
  if (repeated !== undefined)
    throw new InputError(`pset: expected each name once, got ${show(repeated)} again`);
  return sets;
}

/** Returns the one grading system that the options name. */
function oneTarget({ gradescope, classroom50, prairielearn }: PackageOptions) {
  const targets = [
    { system: 'gradescope', path: gradescope },
    { system: 'classroom50', path: classroom50 },
    { system: 'prairielearn', path: prairielearn },
  ] as const;
  const given = targets.flatMap(({ system, path }) =>
    path === undefined ? [] : [{ system, path }],
  );
  if (given.length !== 1) {
    const found =
      given.length === 0 ? 'none' : given.map(({ system }) => `--${system}`).join(' and ');
    throw new InputError(
      `pset package: expected one of --gradescope FILE.zip, --classroom50 DIR and --prairielearn DIR, got ${found}`,
    );
  }
  const [one] = given;
  if (existsSync(one.path)) {
    throw new InputError(
      `--${one.system}: expected a path that does not exist yet, got ${show(one.path)}`,
    );
  }
  return one;
}

async function writeFiles(folder: string, files: PackageFiles): Promise<void> {
  for (const [path, { data, executable = false }] of Object.entries(files)) {
    const file = join(folder, path);
    await makeFolder(dirname(file));
    await writeFileAtomic(file, data);
    if (executable) await chmod(file, 0o755);
    printLine(file);
  }
}
