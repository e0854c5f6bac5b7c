import { InputError, show } from '../lib/errors.ts';
import type { TargetEvaluation } from '../train/evaluate.ts';
import { evaluateTargetsFinite } from '../train/requireFinite.ts';
import { listNames } from './describeData.ts';
import { allMetrics, metricsOfEach } from './describeTargets.ts';
import { formatLoss } from './formatLoss.ts';
import { kindOf } from './lossNames.ts';
import { openTargets, type OpenTargetsOptions } from './openTargets.ts';
import { reportNotes, testExamples } from './openedData.ts';
import { likeTraining, preparedTargets, targetEnds } from './runTargets.ts';
import { areColumns, targetCost, type TargetOptions, type Targets } from './targets.ts';
import { imagesFor, loadForEnds, preparedFor, type WeightsFile } from './weightsFile.ts';

/** The options of `evaluateTargets`. */
export interface EvaluateTargetsOptions extends TargetOptions {
  readonly data?: string;
  readonly shape?: readonly number[];
  readonly header?: boolean;
  readonly compile: boolean;
  readonly json?: boolean;
}

/**
 * Evaluates weights on targets other than one label per example. The weights of `train` say which;
 * those of other programs need `--target`.
 *
 * Errors: weights of a classifier; other targets than those of the training, or a loss of another
 *         kind; those of the data.
 * @returns the text to print.
 */
export async function evaluateTargets(
  weights: WeightsFile,
  { compile, json, ...options }: EvaluateTargetsOptions,
): Promise<string> {
  const opened = await openTargets(openOptions(weights, options), weights.table);
  reportNotes(opened);
  const { mean, std } = weights.targets ?? {};
  const targets = { ...opened.targets, ...(mean && { mean }), ...(std && { std }) };
  const test = preparedTargets(preparedFor(weights, testExamples(opened)), targets);
  const network = await loadForEnds(weights, targetEnds(test, targets, opened.columns));
  try {
    const cost = targetCost(targets);
    const found = await evaluateTargetsFinite(network, test, { cost, compile });
    return json
      ? asJson(weights.name, found, targets)
      : formatTargets(weights.name, found, targets);
  } finally {
    network.dispose();
  }
}

/** Returns the options with which the data is read as in the training. */
function openOptions(
  weights: WeightsFile,
  options: Omit<EvaluateTargetsOptions, 'compile' | 'json'>,
): OpenTargetsOptions {
  const { file, entry, trainingData, targets } = weights;
  const { imageShape, resize } = imagesFor(weights);
  const { target, loss } = options;
  const isImages = weights.table === undefined && (targets === undefined || !areColumns(targets));
  const sizes = {
    ...(isImages && !imageShape.includes(0) && { shape: imageShape }),
    ...(resize && { resize }),
  };
  if (targets === undefined) {
    if (trainingData !== undefined) {
      throw new InputError(
        `${file}: expected weights that train wrote with --target, got those of a classifier`,
      );
    }
    const { stated = {}, ignoreIndex } = entry;
    const stateds = entry.loss === undefined ? {} : { loss: entry.loss };
    return { ...stateds, ...sizes, classes: stated.classes, ignoreIndex, ...options };
  }
  if (target !== undefined && show(target) !== show(targets.names)) {
    throw new InputError(
      `--target: expected ${listNames(targets.names)}, as in the training of the weights, got ${listNames(target)}`,
    );
  }
  if (loss !== undefined && kindOf(loss) !== kindOf(targets.loss)) {
    throw new InputError(
      `--loss: expected one for the targets of ${targets.loss}, with which the weights were trained, got ${loss}`,
    );
  }
  return { ...sizes, ...options, ...likeTraining(targets), ...(loss && { loss }) };
}

/** Formats the metrics, and those of each column in a line of its own. */
function formatTargets(name: string, found: TargetEvaluation, targets: Targets): string {
  const rows =
    areColumns(targets) && found.each.length > 1 ? metricsOfEach(found.each, targets) : [];
  const width = Math.max(0, ...rows.map((row) => row.name.length));
  const all = rows.length === 0 ? found : { ...found, each: [] };
  return [
    `${name}: ${allMetrics(all, targets)}, loss ${formatLoss(found.loss)} on ${found.examples} examples`,
    ...rows.map((row) => `${row.name.padEnd(width)}  ${row.words}`),
  ].join('\n');
}

function asJson(name: string, found: TargetEvaluation, targets: Targets): string {
  const { metrics, loss, examples } = found;
  const common = { network: name, loss, examples };
  if (!areColumns(targets)) return JSON.stringify({ ...common, ...metrics });
  // The means over columns of different units would say nothing.
  const { meanAbsoluteError: _, meanSquaredError: __, ...overall } = metrics;
  const rows = metricsOfEach(found.each, targets).map(({ words: _words, ...row }, k) => {
    const { rSquared, errorRate } = found.each[k];
    return { ...row, ...(errorRate === undefined ? { rSquared } : { errorRate }) };
  });
  return JSON.stringify({ ...common, ...overall, targets: rows });
}
