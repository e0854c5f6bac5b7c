import { Command } from 'commander';
import { checkCommand } from './pset/check.ts';
import { createCommand } from './pset/create.ts';
import { gradeCommand } from './pset/grade.ts';
import { newCommand } from './pset/new.ts';
import { packageCommand } from './pset/package.ts';

/**
 * Makes the commands `boxprop pset new NAME`, `pset check DIR`, `pset grade DIR...`,
 * `pset create NAME` and `pset package NAME...`. The exit status of `pset check` is 1 unless all
 * points are reached.
 */
export function psetCommand(): Command {
  return new Command('pset')
    .description('problem sets: write handouts, check and grade solutions')
    .addCommand(newCommand())
    .addCommand(checkCommand())
    .addCommand(gradeCommand())
    .addCommand(createCommand())
    .addCommand(packageCommand());
}
