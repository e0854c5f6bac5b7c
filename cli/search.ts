import { availableParallelism } from 'node:os';
import { parse } from 'node:path';
import { Command } from 'commander';
import { InputError } from '../lib/errors.ts';
import { SEARCH_METHODS } from '../search/search.ts';
import { choiceOption, integerOption } from './options.ts';
import { endInterrupted, printLine, untilSignal } from './process.ts';
import type { SearchFolder } from './searchFolder.ts';

interface Options {
  readonly method: (typeof SEARCH_METHODS)[number];
  readonly trials?: number;
  readonly folds: number;
  readonly workers: number;
  readonly ahead: number;
  readonly seed: number;
  readonly out?: string;
  readonly resume?: string;
}

/**
 * Makes the command `boxprop search SPACE`. A signal ends it at once, with exit status
 * 128 + signal; the results of finished folds are kept.
 */
export function searchCommand(): Command {
  const command = new Command('search')
    .description('search for hyperparameters and an architecture by k-fold cross-validation')
    .argument(
      '[space]',
      'file of `train --config` with {"low": 1, "high": 9} or {"choices": [1, 2]} as values',
    )
    .option(
      '--method <name>',
      `search method: ${SEARCH_METHODS.join(', ')}`,
      choiceOption('--method', SEARCH_METHODS),
      'random',
    )
    .option('--trials <n>', 'trials (random, gp; default: 20)', integerOption('--trials', 2))
    .option('--folds <k>', 'folds of the cross-validation', integerOption('--folds', 2), 5)
    .option(
      '--workers <n>',
      'worker threads, each training one fold at a time',
      integerOption('--workers', 1),
      availableParallelism(),
    )
    .option(
      '--ahead <n>',
      'unfinished trials that a proposal does not wait for (gp)',
      integerOption('--ahead', 0),
      1,
    )
    .option('--seed <n>', 'random seed of the points and the folds', integerOption('--seed', 0), 0)
    .option('--out <dir>', 'folder of the search (default: runs/<space>, then runs/<space>-2, ...)')
    .option(
      '--resume <dir>',
      'continue the search in this folder; only --trials and --workers may change',
    );
  return command.action(async (file: string | undefined, given: Options) => {
    const { runSearch } = await import('./runSearch.ts');
    const search = await openFolder(command, file, given);
    try {
      await untilSignal(async (signal) => {
        const { done, aborted } = await runSearch(search, given.workers, printLine, signal);
        if (!aborted) return;
        const { folder, plan } = search;
        const { modulesOf } = await import('./searchSpace.ts');
        const space = modulesOf(plan).length > 0 ? `${plan.file} ` : '';
        endInterrupted(
          signal,
          `interrupted with ${done} of ${plan.trials} trials done; boxprop search ${space}--resume ${folder} continues the search`,
        );
      });
    } finally {
      await search.close();
    }
  });
}

async function openFolder(
  command: Command,
  file: string | undefined,
  given: Options,
): Promise<SearchFolder> {
  const { SearchFolder } = await import('./searchFolder.ts');
  const { method, trials = 20, folds, ahead, seed, out, resume } = given;
  if (resume !== undefined) {
    const extra = command.options.find(
      (option) =>
        !['--resume', '--trials', '--workers'].includes(String(option.long)) &&
        command.getOptionValueSource(option.attributeName()) === 'cli',
    );
    if (extra !== undefined) {
      throw new InputError(
        `--resume: expected no options but --trials and --workers, because the search keeps its own, got ${extra.long}`,
      );
    }
    return SearchFolder.resume(resume, given.trials, file);
  }
  if (file === undefined) throw new InputError("missing required argument 'space'");
  const { readSpace } = await import('./searchSpace.ts');
  const { checkPlan } = await import('./runSearch.ts');
  const { freeFolder } = await import('./train.ts');
  if (method === 'grid' && given.trials !== undefined) {
    throw new InputError(
      `--trials: expected none with --method grid, which tries all points, got ${given.trials}`,
    );
  }
  const plan = await checkPlan({ ...(await readSpace(file)), method, trials, folds, seed, ahead });
  return SearchFolder.create(out ?? freeFolder(`runs/${parse(file).name}`), plan);
}
