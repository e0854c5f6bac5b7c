import { dimensionImportance, type ImportanceReport } from '../search/importance.ts';
import { toObservations, rankTrials, type Trial } from '../search/trial.ts';
import { shortName, formatValue, type Space } from '../search/space.ts';
import { escape, page } from './html.ts';
import { bestSoFarChart, effectChart, sharesChart } from './searchCharts.ts';

export interface SearchReportData {
  readonly file: string;
  readonly method: string;
  readonly space: Space;
  readonly folds: number;
  readonly records: number;
  readonly seed: number;
  readonly trials: readonly Trial[];
  /** What the process models of a trial's mean share of errors: its logarithm. */
  readonly target: (mean: number) => number;
}

/** Fewer trials that gave a score than this say nothing. */
const FEW = 5;

/** What a search found, as one HTML file that needs nothing else: what mattered, each dimension, all trials. */
export async function renderSearch(data: SearchReportData): Promise<string> {
  const { file, method, space, folds, records, seed, trials } = data;
  const good = trials.filter(({ failed }) => failed === undefined);
  const effects =
    good.length < FEW
      ? undefined
      : await dimensionImportance(space, toObservations(trials, data.target), seed);
  const title = `${method} search through ${file}`;
  const about =
    `${trials.length} trials${good.length < trials.length ? `, of which ${trials.length - good.length} failed` : ''}; each ` +
    `is the mean error over ${folds} folds of ${records} training records, ± its standard error.`;
  return page(
    title,
    `${judged(data, good)}
<p>${about}</p>
<section><h2>What mattered</h2>${effects === undefined ? few(good.length) : matters(data, effects)}</section>
<section><h2>Each by itself</h2><p>A dot is a trial, the circled one the best; a cross is one that failed.${effects === undefined ? '' : ' The line is what the model expects at a value, on average over all else.'}</p><div class="grid">${Object.keys(
      space,
    )
      .map((name) => {
        const curve = effects?.effects.find((one) => one.name === name)?.curve ?? [];
        const errors = curve.map(({ value, target }) => ({ value, error: Math.exp(target) }));
        return figure(
          shortName(space, name),
          effectChart(space[name], shortName(space, name), name, trials, errors),
        );
      })
      .join('')}${figure('The best so far', bestSoFarChart(trials))}</div></section>
<section><h2>All trials</h2>${table(space, trials)}</section>`,
  );
}

const figure = (title: string, svg: string) =>
  `<figure><figcaption>${escape(title)}</figcaption>${svg}</figure>`;

/** The best, and how sure that is. */
function judged({ trials }: SearchReportData, good: readonly Trial[]): string {
  const [best, second] = rankTrials(good);
  // Both means are over the same folds, so their differences are what is uncertain.
  const differences = second?.scores.map((score, fold) => score - best.scores[fold]) ?? [];
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const standardError = Math.sqrt(squares / (differences.length * (differences.length - 1)));
  const clear = mean > 2 * standardError;
  const next =
    second === undefined
      ? 'No other trial gave a score.'
      : `The second, trial ${second.trial + 1}, makes ${percent(mean)} ± ${percent(standardError)} % more errors, fold by fold: ` +
        (clear ? 'the folds tell them apart.' : 'the folds do not tell them apart.');
  const verdict = good.length < trials.length / 2 ? 'warning' : 'good';
  return `<p class="${verdict}"><b>best</b> Trial ${best.trial + 1}, with an error of ${percent(best.mean)} ± ${percent(best.standardError)} %. ${next}</p>`;
}

const percent = (share: number) => (100 * share).toFixed(2);

const few = (count: number) =>
  `<p>Too few trials gave a score to tell, ${count} of at least ${FEW}.</p>`;

function matters({ space }: SearchReportData, { effects, explained }: ImportanceReport): string {
  const shown = effects.map(({ name, main, total }) => ({
    name: shortName(space, name),
    main,
    total,
  }));
  const trust = explained < 0.3 ? 'warning' : 'good';
  const sentence =
    explained < 0.3
      ? 'so what follows means little: more trials are needed, or the folds are too noisy.'
      : 'of how the trials vary.';
  return (
    `<p class="${trust}"><b>model</b> A Gaussian process that has not seen a trial explains ${Math.round(100 * Math.max(0, explained))} % ${explained < 0.3 ? 'of how it varies, ' : ''}${sentence}</p>` +
    `<p>The share of the variance of ln(error) over the whole space that a dimension explains by itself (bar), and with all its interactions (line).</p>` +
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
