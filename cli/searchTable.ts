import Table from 'cli-table3';
import { rankTrials, type Trial } from '../search/trial.ts';
import { shortName, formatValue, type Space } from '../search/space.ts';

/** Formats the mean of a trial over the folds and its standard error: `2.31 ± 0.12 %`. */
function formatScore({ mean, standardError }: Trial): string {
  return `${(100 * mean).toFixed(2)} ± ${(100 * standardError).toFixed(2)} %`;
}

/** Formats a trial: `trial 3/20: error 2.31 ± 0.12 %: learningRate 0.031, units 64`. */
export function formatTrial(space: Space, trial: Trial, trials: number): string {
  const values = Object.entries(trial.point).map(
    ([name, value]) => `${shortName(space, name)} ${formatValue(value)}`,
  );
  const outcome = trial.failed === undefined ? `error ${formatScore(trial)}` : 'failed';
  const reason = trial.failed === undefined ? '' : `; ${trial.failed}`;
  return `trial ${trial.trial + 1}/${trials}: ${outcome}: ${values.join(', ')}${reason}`;
}

/** Formats a table of the ten best trials, and the number of trials that failed. */
export function formatTrials(space: Space, trials: readonly Trial[]): string {
  const names = Object.keys(space);
  const table = new Table({
    head: ['trial', 'error', ...names.map((name) => shortName(space, name))],
    colAligns: ['right', 'right', ...names.map(() => 'right' as const)],
    style: { head: [], border: [], compact: true },
  });
  const good = rankTrials(trials).filter(({ failed }) => failed === undefined);
  for (const trial of good.slice(0, 10)) {
    table.push([
      trial.trial + 1,
      formatScore(trial),
      ...names.map((name) => formatValue(trial.point[name])),
    ]);
  }
  const failed = trials.length - good.length;
  return failed === 0
    ? table.toString()
    : `${table.toString()}\n${failed} of ${trials.length} trials failed`;
}
