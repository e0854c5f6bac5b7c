import { join } from 'node:path';
import { InputError } from '../lib/errors.ts';
import { Rng } from '../lib/rng.ts';
import { writeTargetReport } from '../report/targetReport.ts';
import { evaluateTargetsFinite } from '../train/requireFinite.ts';
import { readLog } from '../train/runLog.ts';
import { allMetrics, metricsOfEach } from './describeTargets.ts';
import { openTargetTest, preparedTargets, targetEnds } from './runTargets.ts';
import { networkMetadata } from './sameSettings.ts';
import { areColumns, targetCost } from './targets.ts';
import type { RunOptions } from './trainOptions.ts';
import { loadForEnds, preparedFor, type WeightsFile } from './weightsFile.ts';

/**
 * Writes the report of a run with targets other than one label per example.
 *
 * Errors: those of the checkpoint and the data; figures as PNG, or chosen examples, which such a
 *         report does not have.
 * @returns the paths of the files that were written.
 */
export async function reportTargets(
  folder: string,
  options: RunOptions,
  out: string,
  {
    weights,
    png,
    examples,
  }: { weights: WeightsFile; png: boolean; examples: readonly number[] | undefined },
): Promise<string[]> {
  const { targets, table } = weights;
  if (targets === undefined) throw new Error('expected weights with targets');
  const extra = png ? '--png' : examples === undefined ? undefined : '--examples';
  if (extra !== undefined) {
    throw new InputError(`${extra}: expected the run of a classifier, got one with --target`);
  }
  const test = await openTargetTest(options, new Rng(options.seed), { targets, table });
  const dataset = preparedTargets(preparedFor(weights, test), targets);
  const network = await loadForEnds(weights, targetEnds(dataset, targets, table?.columns));
  try {
    const found = await evaluateTargetsFinite(network, dataset, { cost: targetCost(targets) });
    return await writeTargetReport(out, {
      title: `${networkMetadata(options.network)} on ${dataset.name}`,
      log: await readLog(join(folder, 'log.jsonl')),
      network,
      dataset,
      result: allMetrics(found, targets),
      columns: areColumns(targets) ? metricsOfEach(found.each, targets) : [],
    });
  } finally {
    network.dispose();
  }
}
