import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { InputError, show } from '../../lib/errors.ts';
import { makeFolder } from '../../lib/files/makeFolder.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';
import { printLine } from '../process.ts';
import { checkBundle } from './checkBundle.ts';
import { namedSet, ownSet, SET_OPTION } from './findPset.ts';
import type { OwnSet } from './loadSet.ts';
import { recordingOf, statementOf } from './psetParts.ts';

interface NewOptions {
  readonly set?: string;
  readonly dir?: string;
  readonly js?: boolean;
}

/** Makes the command `boxprop pset new NAME`, which writes a handout. */
export function newCommand(): Command {
  return new Command('new')
    .description('write a handout: statement, skeleton, and a checker that needs only Node')
    .argument(
      '[name]',
      'linear, pointwise, euclidean, backprop-example, convolution, max-pooling, softmax, batch-norm, prelu, contrast-norm or dropout',
    )
    .option(...SET_OPTION)
    .option('--dir <dir>', 'new folder (default: the name)')
    .option('--js', 'write JavaScript instead of TypeScript')
    .action(async (name: string | undefined, { set, dir, js = false }: NewOptions) => {
      const { handout } = await import('../../psets/grader/handout.ts');
      const { checkFile } = await import('../../psets/standalone/checkFile.ts');
      const { pset, folder } = await findOne(name, set);
      const target = dir ?? pset.name;
      if (existsSync(target))
        throw new InputError(
          `--dir: expected a folder that does not exist yet, got ${show(target)}`,
        );
      const statement = await statementOf(pset, folder);
      const check = checkFile(await checkBundle(), [await recordingOf(pset)]);
      const files = { ...handout(pset, statement, js), 'check.mjs': check };
      await makeFolder(target);
      for (const [file, text] of Object.entries(files)) {
        await writeFileAtomic(join(target, file), text);
        printLine(join(target, file));
      }
    });
}

/** Finds a problem set of boxprop or one's own, and the folder with its README.md. */
async function findOne(name: string | undefined, set: string | undefined): Promise<OwnSet> {
  if ((name === undefined) === (set === undefined)) {
    throw new InputError(
      `pset new: expected a name or --set FILE, got ${name === undefined ? 'neither' : 'both'}`,
    );
  }
  return set === undefined ? namedSet(name ?? '') : ownSet(set);
}
