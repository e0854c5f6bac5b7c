import type { ImageResize } from '../data/preprocess.ts';
import type { TargetDataset } from '../data/targets.ts';
import type { TargetEvaluation } from '../train/evaluate.ts';
import type { TargetMetricValues } from '../train/targetMetrics.ts';
import { listNames, resizeWords, shortName } from './describeData.ts';
import { kindOf } from './lossNames.ts';
import { areColumns, type Targets } from './targets.ts';

/**
 * Describes the data of a run with targets, one line per part:
 *
 *     training: 96 examples; numbers to predict: price (210 ± 64.5); columns rooms, area
 *     test: 24 examples
 */
export function describeTargets(
  parts: {
    readonly train: TargetDataset;
    readonly validation?: TargetDataset;
    readonly test: TargetDataset;
    readonly columns: readonly string[] | undefined;
    readonly resize: ImageResize | undefined;
  },
  targets: Targets,
): string[] {
  const { train, validation, test, columns, resize } = parts;
  const inputs =
    columns === undefined
      ? `; ${resizeWords(train.inputShape, resize)}`
      : `; columns ${listNames(columns)}`;
  return [
    `training: ${examplesOf(train)}; ${wordsOf(targets)}${inputs}`,
    ...(validation === undefined ? [] : [`validation: ${examplesOf(validation)}`]),
    ...(validation === test ? [] : [`test: ${examplesOf(test)}`]),
  ];
}

function examplesOf({ length }: TargetDataset): string {
  return `${length} example${length === 1 ? '' : 's'}`;
}

function wordsOf(targets: Targets): string {
  const { loss, names, classes, ignoreIndex, mean = [], std = [] } = targets;
  const kind = kindOf(loss);
  if (!areColumns(targets)) {
    const counted = ignoreIndex === undefined ? '' : `, ${ignoreIndex} not counted`;
    const content = {
      labels: `labels of ${classes} classes${counted}`,
      answers: 'answers',
      numbers: 'images',
    }[kind];
    return `${content} in ${shortName(names[0])}, loss ${loss}`;
  }
  if (kind === 'answers') return `answers: ${listNames(names)}, loss ${loss}`;
  const each = names.map((name, k) => `${name} (${brief(mean[k])} ± ${brief(std[k])})`);
  return `numbers to predict: ${listNames(each)}, loss ${loss}`;
}

/**
 * Returns the metric of targets that is printed after each epoch: `error 3.20 %`, or `R² 0.912` of
 * numbers.
 */
export function mainMetric({ errorRate, rSquared }: TargetMetricValues): string {
  return errorRate === undefined ? `R² ${brief(rSquared)}` : `error ${percent(errorRate)}`;
}

/** Returns the metrics of targets in one line, in the units of the data. */
export function allMetrics({ metrics, each }: TargetEvaluation, targets: Targets): string {
  const { meanIoU, exampleErrorRate } = metrics;
  const main = mainMetric(metrics);
  if (meanIoU !== undefined) return `${main}, mean IoU ${brief(meanIoU)}`;
  if (each.length === 1) {
    const [one] = metricsOfEach(each, targets);
    return `${main}${one.rmse === undefined ? '' : `, RMSE ${brief(one.rmse)}`}`;
  }
  const rows = metricsOfEach(each, targets).map(({ name, words }) => `${name} ${words}`);
  const examples =
    exampleErrorRate === undefined ? '' : `, ${percent(exampleErrorRate)} of the examples`;
  return `${main}${examples}${rows.length === 0 ? '' : ` (${rows.join('; ')})`}`;
}

/** The metrics of one column. */
export interface ColumnMetrics {
  readonly name: string;
  /** The metrics in words. */
  readonly words: string;
  /** The root of the mean squared error, in the unit of the column. */
  readonly rmse?: number;
  /** The mean absolute error, in the unit of the column. */
  readonly meanAbsoluteError?: number;
}

/** Returns the metrics of each column. Those of images have one entry. */
export function metricsOfEach(
  each: readonly TargetMetricValues[],
  { names, std = [] }: Targets,
): ColumnMetrics[] {
  return each.map((metrics, k) => {
    const { errorRate, rSquared, meanSquaredError, meanAbsoluteError } = metrics;
    const name = shortName(names[k]);
    if (errorRate !== undefined) return { name, words: `error ${percent(errorRate)}` };
    const unit = std[k] ?? 1;
    const [rmse, absolute] = [unit * Math.sqrt(meanSquaredError), unit * meanAbsoluteError];
    const words = `R² ${brief(rSquared)}, RMSE ${brief(rmse)}, mean absolute error ${brief(absolute)}`;
    return { name, words, rmse, meanAbsoluteError: absolute };
  });
}

/** Formats a number. A metric over nothing is a dash, as R² of targets that never change. */
function brief(value: number): string {
  if (Number.isNaN(value)) return '–';
  return String(Number(value.toPrecision(4)));
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
