import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { InputError, show } from '../../lib/errors.ts';
import { makeFolder } from '../../lib/files/makeFolder.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';
import { printLine } from '../process.ts';
import { setTemplate } from './setTemplate.ts';

/**
 * Makes the command `boxprop pset create NAME`, which writes a small problem set of one's own, for
 * a lecturer to change: the statement with its derivation, the reference, and the cases.
 */
export function createCommand(): Command {
  return new Command('create')
    .description("write a small problem set of one's own, to be changed")
    .argument('<name>', 'name of the set, such as leaky-relu')
    .option('--dir <dir>', 'new folder (default: the name)')
    .action(async (name: string, { dir = name }: { dir?: string }) => {
      const { checkSetName } = await import('../../psets/define/checkSetName.ts');
      checkSetName('pset create', name);
      if (existsSync(dir))
        throw new InputError(`--dir: expected a folder that does not exist yet, got ${show(dir)}`);
      await makeFolder(dir);
      for (const [file, text] of Object.entries(setTemplate(name))) {
        await writeFileAtomic(join(dir, file), text);
        printLine(join(dir, file));
      }
    });
}
