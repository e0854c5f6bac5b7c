import { estimate } from '../lib/estimate.ts';
import { dimensionImportance, type ImportanceReport } from '../search/importance.ts';
import { toObservations, rankTrials, type Trial } from '../search/trial.ts';
import { shortName, formatValue, type Space } from '../search/space.ts';
import { escape, page } from './html.ts';
import { bestSoFarChart, effectChart, sharesChart } from './searchCharts.ts';

/** The data of the search that a page shows. */
export interface SearchReportData {
  /** The file of the search space. */
  readonly file: string;
  /** The name of the method that chose the points. */
  readonly method: string;
  /** The dimensions that vary. */
  readonly space: Space;
  /** The number of folds. */
  readonly folds: number;
  /** The number of training examples in all folds together. */
  readonly examples: number;
  /** The seed of the search. */
  readonly seed: number;
  /** The finished trials. */
  readonly trials: readonly Trial[];
  /** Converts a mean error rate to the target of the Gaussian process, which is its logarithm. */
  readonly target: (mean: number) => number;
}

/** The importance of dimensions is estimated if there are at least this number of scores. */
const FEW = 5;

/** Makes the page of a search: the importance of each dimension, its effect, and all trials. */
export async function renderSearch(data: SearchReportData): Promise<string> {
  const { file, method, space, folds, examples, seed, trials } = data;
  const good = trials.filter(({ failed }) => failed === undefined);
  const effects =
    good.length < FEW
      ? undefined
      : await dimensionImportance(space, toObservations(trials, data.target), seed);
  const title = `${method} search of ${file}`;
  const about =
    `${trials.length} trials${good.length < trials.length ? `, of which ${trials.length - good.length} failed` : ''}. Each score ` +
    `is the mean error over ${folds} folds of ${examples} training examples, ± its standard error.`;
  return page(
    title,
    `${judged(data, good)}
<p>${about}</p>
<section><h2>Importance</h2>${effects === undefined ? few(good.length) : matters(data, effects)}</section>
<section><h2>Effect of each dimension</h2><p>A dot is a trial, the circled one the best; a cross is a failed trial.${effects === undefined ? '' : ' The line is the error that the model expects at a value, averaged over all other dimensions.'}</p><div class="grid">${Object.keys(
      space,
    )
      .map((name) => {
        const curve = effects?.dimensions.find((one) => one.name === name)?.partialDependence ?? [];
        const errors = curve.map(({ value, target }) => ({ value, error: Math.exp(target) }));
        return figure(
          shortName(space, name),
          effectChart(space[name], shortName(space, name), name, trials, errors),
        );
      })
      .join('')}${figure('Best error so far', bestSoFarChart(trials))}</div></section>
<section><h2>All trials</h2>${table(space, trials)}</section>`,
  );
}

const figure = (title: string, svg: string) =>
  `<figure><figcaption>${escape(title)}</figcaption>${svg}</figure>`;

/** Formats the verdict: the best trial, and whether it is clearly better than the second-best. */
function judged({ trials }: SearchReportData, good: readonly Trial[]): string {
  const [best, second] = rankTrials(good);
  // Both trials use the same folds, so the standard error is computed from their differences per
  // fold.
  const differences = second?.scores.map((score, fold) => score - best.scores[fold]) ?? [];
  const { mean, standardError = NaN } = estimate(differences);
  const clear = mean > 2 * standardError;
  const next =
    second === undefined
      ? 'No other trial has a score.'
      : `The error of the second, trial ${second.trial + 1}, is ${percent(mean)} ± ${percent(standardError)} % higher per fold: ` +
        (clear ? 'a clear difference.' : 'not a clear difference.');
  const verdict = good.length < trials.length / 2 ? 'warning' : 'good';
  return `<p class="${verdict}"><b>best</b> Trial ${best.trial + 1} has an error of ${percent(best.mean)} ± ${percent(best.standardError)} %. ${next}</p>`;
}

const percent = (share: number) => (100 * share).toFixed(2);

const few = (count: number) =>
  `<p>The search has too few scores to estimate this: ${count}, and ${FEW} are needed.</p>`;

function matters(
  { space }: SearchReportData,
  { dimensions, explainedVariance: explained }: ImportanceReport,
): string {
  const shown = dimensions.map((one) => ({ ...one, name: shortName(space, one.name) }));
  const trust = explained < 0.3 ? 'warning' : 'good';
  const sentence =
    explained < 0.3
      ? 'so the estimates below are unreliable: run more trials, or use more examples per fold.'
      : 'so the estimates below are reliable.';
  return (
    `<p class="${trust}"><b>model</b> A Gaussian process explains ${Math.round(100 * Math.max(0, explained))} % of the variance of trials that it was not fitted to, ${sentence}</p>` +
    `<p>The fraction of the variance of ln(error) over the whole space that a dimension explains by itself (bar), and with all its interactions (line).</p>` +
    sharesChart(shown)
  );
}

function table(space: Space, trials: readonly Trial[]): string {
  const names = Object.keys(space);
  const head = ['trial', 'error, %', ...names.map((name) => shortName(space, name))];
  const rows = rankTrials(trials).map((trial) => {
    const error = trial.failed ?? `${percent(trial.mean)} ± ${percent(trial.standardError)}`;
    const cells = [
      String(trial.trial + 1),
      error,
      ...names.map((name) => formatValue(trial.point[name])),
    ];
    return `<tr>${cells.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`;
  });
  return `<div class="scroll"><table class="trials"><tr>${head.map((cell) => `<th>${escape(cell)}</th>`).join('')}</tr>${rows.join('')}</table></div>`;
}
