import { availableParallelism } from 'node:os';
import { parse } from 'node:path';
import { Command } from 'commander';
import { InputError } from '../lib/errors.ts';
import { METHODS } from '../search/search.ts';
import { choiceOption, integerOption } from './options.ts';
import type { SearchFolder } from './searchRun.ts';
import { untilSignal } from './untilSignal.ts';

interface Options {
  readonly method: (typeof METHODS)[number];
  readonly trials?: number;
  readonly folds: number;
  readonly workers: number;
  readonly ahead: number;
  readonly seed: number;
  readonly out?: string;
  readonly resume?: string;
}

/** `boxprop search SPACE`. A signal ends it at once, with exit status 130; what folds are done is kept. */
export function searchCommand(): Command {
  const command = new Command('search')
    .description(
      'choose an architecture and its training: trials with cross-validation, a table, what mattered',
    )
    .argument(
      '[space]',
      'JSON or a module: options as in `train --config`, some as {"low":..,"high":..} or {"choices":[..]}',
    )
    .option('--method <name>', METHODS.join(', '), choiceOption('--method', METHODS), 'random')
    .option(
      '--trials <n>',
      'points to try, of random and gp (default: 20)',
      integerOption('--trials', 2),
    )
    .option(
      '--folds <k>',
      'parts of the training records, each held out once',
      integerOption('--folds', 2),
      5,
    )
    .option(
      '--workers <w>',
      'folds at a time, a thread each',
      integerOption('--workers', 1),
      availableParallelism(),
    )
    .option(
      '--ahead <n>',
      'of gp: trials that a proposal does not wait for',
      integerOption('--ahead', 0),
      1,
    )
    .option('--seed <n>', 'of the points and the folds', integerOption('--seed', 0), 0)
    .option(
      '--out <dir>',
      'folder of the search (default: "runs/<space>", or with a number if that is taken)',
    )
    .option(
      '--resume <dir>',
      'go on with the search in a folder; of the options only --trials and --workers may be given',
    );
  return command.action(async (file: string | undefined, given: Options) => {
    const { runSearch } = await import('./runSearch.ts');
    const search = await folderOf(command, file, given);
    const print = (line: string) => void process.stdout.write(`${line}\n`);
    try {
      const { done, aborted } = await untilSignal((signal) =>
        runSearch(search, given.workers, print, signal),
      );
      if (!aborted) return;
      const { folder, plan } = search;
      process.stderr.write(
        `boxprop: interrupted with ${done} of ${plan.trials} trials done; boxprop search --resume ${folder} goes on from there\n`,
      );
      process.exitCode = 130;
    } finally {
      await search.close();
    }
  });
}

async function folderOf(
  command: Command,
  file: string | undefined,
  given: Options,
): Promise<SearchFolder> {
  const { SearchFolder } = await import('./searchRun.ts');
  const { method, trials = 20, folds, ahead, seed, out, resume } = given;
  if (resume !== undefined) {
    const extra = Object.keys(given).find(
      (name) =>
        !['resume', 'trials', 'workers'].includes(name) &&
        command.getOptionValueSource(name) === 'cli',
    );
    if (file !== undefined || extra !== undefined) {
      const got = file === undefined ? extra : 'a space';
      throw new InputError(
        `--resume: expected no options besides --trials and --workers, for the search has its own, got ${got}`,
      );
    }
    return SearchFolder.resume(resume, given.trials);
  }
  if (file === undefined) throw new InputError("missing required argument 'space'");
  const { readSpace } = await import('./searchSpace.ts');
  const { planned } = await import('./runSearch.ts');
  const { freeFolder } = await import('./train.ts');
  if (method === 'grid' && given.trials !== undefined) {
    throw new InputError(
      `--trials: expected none with --method grid, which tries all points, got ${given.trials}`,
    );
  }
  const plan = await planned({ ...(await readSpace(file)), method, trials, folds, seed, ahead });
  return SearchFolder.create(out ?? freeFolder(`runs/${parse(file).name}`), plan);
}
