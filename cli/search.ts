import { availableParallelism } from 'node:os';
import { parse } from 'node:path';
import { Command } from 'commander';
import { InputError } from '../lib/errors.ts';
import { SEARCH_METHODS } from '../search/search.ts';
import { choiceOption, integerOption } from './options.ts';
import { endInterrupted, printLine, untilSignal } from './process.ts';
import type { SearchFolder } from './searchFolder.ts';
import type { SearchPlan } from './searchPlan.ts';

interface Options {
  readonly method: (typeof SEARCH_METHODS)[number];
  readonly trials?: number;
  readonly folds: number;
  readonly workers: number;
  readonly ahead: number;
  readonly seed: number;
  readonly out?: string;
  readonly resume?: string;
  readonly join?: string;
  readonly lease: number;
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
    )
    .option(
      '--join <dir>',
      'take part in the search in this folder, as any number of processes on any machines may; SPACE creates it if it is missing',
    )
    .option(
      '--lease <seconds>',
      'time after which another process takes the folds of one that was killed',
      integerOption('--lease', 1),
      60,
    );
  return command.action(async (file: string | undefined, given: Options) => {
    const { runSearch } = await import('./runSearch.ts');
    const search = await openFolder(command, file, given);
    await untilSignal(async (signal) => {
      const { done, aborted } = await runSearch(search, given.workers, printLine, signal);
      if (!aborted) return;
      const { folder, plan } = search;
      const { modulesOf } = await import('./searchSpace.ts');
      const space = modulesOf(plan).length > 0 ? `${file ?? plan.file} ` : '';
      const flag = given.join === undefined ? '--resume' : '--join';
      endInterrupted(
        signal,
        `interrupted with ${done} of ${plan.trials} trials done; boxprop search ${space}${flag} ${folder} continues the search`,
      );
    });
  });
}

async function openFolder(
  command: Command,
  file: string | undefined,
  given: Options,
): Promise<SearchFolder> {
  const { createSearch, joinSearch, resumeSearch } = await import('./openSearch.ts');
  const { checkMachine } = await import('./runSearch.ts');
  const { out, resume, join } = given;
  const named = command.options.filter(
    (option) => command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (resume !== undefined) {
    const extra = named.find(
      ({ long }) => !['--resume', '--trials', '--workers'].includes(String(long)),
    );
    if (extra !== undefined) {
      throw new InputError(
        `--resume: expected no options but --trials and --workers, because the search keeps its own, got ${extra.long}`,
      );
    }
    const search = await resumeSearch(resume, given.trials, file);
    await checkMachine(search);
    return search;
  }
  if (join !== undefined) {
    if (out !== undefined) {
      throw new InputError('--join: expected no --out, because it names the folder, got both');
    }
    let own: SearchPlan | undefined;
    const plan = async (space: string) => (own = await planOf(space, given));
    const names = named.map((option) => option.attributeName());
    const fixed = ['method', 'trials', 'folds', 'seed', 'ahead', 'lease'];
    const entries = Object.entries(given).filter(
      ([name]) => names.includes(name) && fixed.includes(name),
    );
    const search = await joinSearch(join, file, Object.fromEntries(entries), plan);
    // The process that created the search has checked its machine.
    if (search.plan !== own) await checkMachine(search);
    return search;
  }
  if (file === undefined) throw new InputError("missing required argument 'space'");
  const plan = await planOf(file, given);
  const { freeFolder } = await import('./train.ts');
  return createSearch(out ?? freeFolder(`runs/${parse(file).name}`), plan);
}

/** Makes the plan of a new search. */
async function planOf(file: string, given: Options): Promise<SearchPlan> {
  const { readSpace } = await import('./searchSpace.ts');
  const { checkPlan } = await import('./runSearch.ts');
  const { method, trials = 20, folds, ahead, seed, lease } = given;
  if (method === 'grid' && given.trials !== undefined) {
    throw new InputError(
      `--trials: expected none with --method grid, which tries all points, got ${given.trials}`,
    );
  }
  const space = await readSpace(file);
  return checkPlan({ ...space, method, trials, folds, seed, ahead, lease });
}
