import { join } from 'node:path';
import { useBackend } from '../lib/backend/useBackend.ts';
import { backendOptions } from './backendOptions.ts';
import { InputError } from '../lib/errors.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import { firstPoint, gridPoints, spaceCardinality } from '../search/points.ts';
import { search } from '../search/search.ts';
import { rankTrials, type Trial } from '../search/trial.ts';
import { dataFingerprint } from './dataFingerprint.ts';
import { FoldPool } from './foldPool.ts';
import { SharedFolds } from './join/sharedFolds.ts';
import { packageVersion } from './manifest.ts';
import { reportNotes } from './openedData.ts';
import { logBackend, printNote } from './process.ts';
import { resolveNetwork } from './resolveNetwork.ts';
import type { SearchFolder } from './searchFolder.ts';
import { storedTrials, type SearchPlan } from './searchPlan.ts';
import { configOf, runOptionsAt, withAbsoluteSpace } from './searchSpace.ts';
import { formatTrial, formatTrials } from './searchTable.ts';
import { openFolds } from './trainFold.ts';
import type { RunOptions } from './trainOptions.ts';

/**
 * Completes a plan and checks it as far as possible before training. The backend `auto` is replaced
 * by the backend that is chosen on this machine, so that a resumed search continues on the same
 * backend.
 *
 * Errors: more trials than points; an unknown network; invalid data; more folds than examples.
 */
export async function checkPlan(
  plan: Omit<SearchPlan, 'version' | 'examples' | 'fingerprint'>,
): Promise<SearchPlan> {
  const { method, space, base } = plan;
  const size = spaceCardinality(space);
  if (method !== 'grid' && plan.trials > size) {
    throw new InputError(
      `--trials: expected at most the ${size} points of ${plan.file}, got ${plan.trials}`,
    );
  }
  const trials = method === 'grid' ? gridPoints(space).length : plan.trials;
  const options = runOptionsAt(plan, firstPoint(space));
  const networks =
    'network' in space && 'choices' in space.network ? space.network.choices : [options.network];
  for (const network of networks) await resolveNetwork(String(network));
  const backend = await useBackend(options.backend, {
    ...backendOptions(options),
    log: logBackend,
  });
  const data = await examineData(plan, options);
  const version = packageVersion();
  return withAbsoluteSpace({ ...plan, version, trials, ...data, base: { ...base, backend } });
}

/**
 * Checks that this machine can train the folds of a search as the machine that created it: a
 * machine that cannot would store failures.
 *
 * Errors: a missing backend; other training data.
 */
export async function checkMachine({ plan, folder }: SearchFolder): Promise<void> {
  const options = runOptionsAt(plan, firstPoint(plan.space));
  await useBackend(options.backend, { ...backendOptions(options), log: logBackend });
  const { examples, fingerprint } = await examineData(plan, options);
  if (examples === plan.examples && fingerprint === plan.fingerprint) return;
  throw new InputError(
    `${folder}: expected the training data with which the search began, got data with other examples or labels`,
  );
}

/** Splits the training data as the workers do, and describes them. */
async function examineData(
  { folds, seed }: Pick<SearchPlan, 'folds' | 'seed'>,
  options: RunOptions,
): Promise<Pick<SearchPlan, 'examples' | 'fingerprint'>> {
  let fingerprint: Promise<string> | undefined;
  const parts = await openFolds(options, { folds, seed }, (opened) => {
    reportNotes(opened);
    fingerprint = dataFingerprint(opened.train);
  });
  const examples = parts.reduce((sum, { held }) => sum + held.length, 0);
  return { examples, fingerprint: (await fingerprint) ?? '' };
}

/**
 * Runs the remaining trials of a search in worker threads. At the end it writes `best.json`, which
 * is a config file for `boxprop train`, and the page `search.html`.
 *
 * Errors: a folder that cannot be written; a search in which all trials failed.
 * @param signal stops the search at once.
 * @returns the number of completed trials, and whether the signal stopped the search.
 */
export async function runSearch(
  run: SearchFolder,
  workers: number,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<{ done: number; aborted: boolean }> {
  const { plan } = run;
  const { space, method, trials, folds, seed, ahead } = plan;
  const common = runOptionsAt(plan, firstPoint(space));
  const pool = new FoldPool({ common, folds, seed });
  const shared = new SharedFolds({
    search: run,
    workers,
    train: ({ point, fold }) => pool.run({ options: runOptionsAt(plan, point), fold }),
    note: printNote,
  });
  const stopped = new Error('The search was stopped.');
  const stop = async () => {
    await pool.stop(stopped);
    await shared.stop(stopped);
  };
  const onAbort = () => void stop();
  signal.addEventListener('abort', onAbort);
  const { history } = run;
  const whole = (trial: number) =>
    Array.from({ length: folds }, (_, fold) => fold).every(
      (fold) => history.result(trial, fold) !== undefined,
    );
  let done = history.points.filter((_, trial) => whole(trial)).length;
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
      history,
      transform: logErrorOf(plan),
      evaluate: (task) => shared.evaluate(task),
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
    await stop();
  }
}

/**
 * Returns the target function of the Gaussian process, which is ln of the error rate, because
 * ratios of error rates matter. If there are no errors, it uses half an error.
 */
function logErrorOf({ examples }: SearchPlan): (mean: number) => number {
  return (mean) => Math.log(Math.max(mean, 0.5 / examples));
}

async function conclude(
  run: SearchFolder,
  trials: readonly Trial[],
  print: (line: string) => void,
): Promise<void> {
  const { plan, folder } = run;
  await run.tidy();
  const [best] = rankTrials(trials);
  if (best.failed !== undefined) {
    throw new InputError(`all ${trials.length} trials failed, the first: ${trials[0].failed}`);
  }
  print(formatTrials(plan.space, trials));
  const more = await storedTrials(folder);
  if (more > trials.length) {
    print(`the search was extended to ${more} trials, and other processes continue it`);
    return;
  }
  const [config, page] = ['best.json', 'search.html'].map((name) => join(folder, name));
  const { limit: _, ...whole } = configOf(plan, best.point);
  await writeFileAtomic(config, `${JSON.stringify(whole, undefined, 2)}\n`);
  const { renderSearch } = await import('../report/searchReport.ts');
  const target = logErrorOf(plan);
  await writeFileAtomic(page, await renderSearch({ ...plan, trials, target }));
  print(`importance of each dimension in ${page}`);
  print(`boxprop train --config ${config} trains the best network on all training examples`);
}
