import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { InputError, show } from '../../lib/errors.ts';
import { makeFolder } from '../../lib/files/makeFolder.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';
import { packageRoot, packageVersion } from '../manifest.ts';
import { printLine } from '../process.ts';
import { findPset } from './findPset.ts';

/** Makes the command `boxprop pset new NAME`, which writes a handout. */
export function newCommand(): Command {
  return new Command('new')
    .description('write a handout: statement, skeleton, package.json')
    .argument(
      '<name>',
      'linear, pointwise, euclidean, backprop-example, convolution, max-pooling, softmax, batch-norm, prelu, contrast-norm or dropout',
    )
    .option('--dir <dir>', 'new folder (default: the name)')
    .option('--js', 'write JavaScript instead of TypeScript')
    .action(async (name: string, { dir = name, js = false }: { dir?: string; js?: boolean }) => {
      const { handout } = await import('../../psets/grader/handout.ts');
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
