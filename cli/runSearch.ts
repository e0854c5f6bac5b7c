import { join } from 'node:path';
import { useBackend } from '../lib/backend/useBackend.ts';
import { InputError } from '../lib/errors.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import { firstPoint, gridPoints, spaceCardinality } from '../search/points.ts';
import { search } from '../search/search.ts';
import { rankTrials, type Trial } from '../search/trial.ts';
import { FoldPool } from './foldPool.ts';
import { openNetwork } from './openNetwork.ts';
import { logBackend } from './options.ts';
import { resultOf, type SearchFolder, type SearchPlan } from './searchRun.ts';
import { configOf, runOptionsOf } from './searchSpace.ts';
import { formatTrial, formatTrials } from './searchTable.ts';
import { openFolds } from './trainFold.ts';

/**
 * Checks a plan as far as can be done before training: the number of trials, the networks, the data and its folds; and finds
 * out which backend `auto` is, so that a search goes on with the one it began with.
 */
export async function planned(plan: Omit<SearchPlan, 'records'>): Promise<SearchPlan> {
  const { method, space, base, folds, seed } = plan;
  const size = spaceCardinality(space);
  if (method !== 'grid' && plan.trials > size) {
    throw new InputError(
      `--trials: expected at most the ${size} points of ${plan.file}, got ${plan.trials}`,
    );
  }
  const trials = method === 'grid' ? gridPoints(space).length : plan.trials;
  const options = runOptionsOf(plan, firstPoint(space));
  const networks =
    'network' in space && 'choices' in space.network ? space.network.choices : [options.network];
  for (const network of networks) await openNetwork(String(network));
  const { threads } = options;
  const backend = await useBackend(options.backend, {
    ...(threads !== undefined && { threads }),
    log: logBackend,
  });
  const parts = await openFolds(options, { folds, seed });
  const records = parts.reduce((sum, { held }) => sum + held.length, 0);
  return { ...plan, trials, records, base: { ...base, backend } };
}

/**
 * Goes through with a search from where its folder stands, in worker threads, and writes `best.json`, which
 * `boxprop train --config` takes, and `search.html`.
 *
 * Errors: those of the folder; that all trials failed.
 */
export async function runSearch(
  run: SearchFolder,
  workers: number,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<{ done: number; aborted: boolean }> {
  const { plan } = run;
  const { space, method, trials, folds, seed, ahead } = plan;
  const common = runOptionsOf(plan, firstPoint(space));
  const pool = new FoldPool({ common, folds, seed });
  const stopped = new Error('The search was stopped.');
  const onAbort = () => void pool.stop(stopped);
  signal.addEventListener('abort', onAbort);
  const { earlier } = run;
  const whole = (trial: number) =>
    Array.from({ length: folds }, (_, fold) => fold).every(
      (fold) => earlier.result(trial, fold) !== undefined,
    );
  let done = earlier.points.filter((_, trial) => whole(trial)).length;
  try {
    const found = await search({
      space,
      method,
      trials,
      folds,
      seed,
      ahead,
      workers,
      signal,
      history: earlier,
      target: logErrorOf(plan),
      evaluate: async (task) => {
        const reply = await pool.run({ options: runOptionsOf(plan, task.point), fold: task.fold });
        await run.addFold(task, reply);
        return resultOf(reply);
      },
      onPoint: (trial, point) => run.addPoint(trial, point),
      onTrial: (trial) => {
        done++;
        print(formatTrial(space, trial, trials));
      },
    });
    await conclude(run, found, print);
    return { done, aborted: false };
  } catch (error) {
    if (signal.aborted && (error === stopped || error === signal.reason))
      return { done, aborted: true };
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    await pool.stop(stopped);
  }
}

/** What a Gaussian process models: ln of the share of errors, for it is ratios that count; no error is half a one. */
function logErrorOf({ records }: SearchPlan): (mean: number) => number {
  return (mean) => Math.log(Math.max(mean, 0.5 / records));
}

async function conclude(
  { plan, folder }: SearchFolder,
  trials: readonly Trial[],
  print: (line: string) => void,
): Promise<void> {
  const [best] = rankTrials(trials);
  if (best.failed !== undefined) {
    throw new InputError(`all ${trials.length} trials failed, the first: ${trials[0].failed}`);
  }
  print(formatTrials(plan.space, trials));
  const [config, page] = ['best.json', 'search.html'].map((name) => join(folder, name));
  const { limit: _, ...whole } = configOf(plan, best.point);
  await writeFileAtomic(config, `${JSON.stringify(whole, undefined, 2)}\n`);
  const { renderSearch } = await import('../report/searchReport.ts');
  const target = logErrorOf(plan);
  await writeFileAtomic(page, await renderSearch({ ...plan, trials, target }));
  print(`what mattered is in ${page}`);
  print(`boxprop train --config ${config} trains the best with all training records`);
}
