import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Dataset } from '../data/dataset.ts';
import { checkFiniteWeights } from '../formats/safetensors/weights.ts';
import type { Module } from '../lib/module.ts';
import { readProgress } from '../train/checkpoint.ts';
import { readLog } from '../train/runLog.ts';
import { writeReport } from '../report/writeReport.ts';
import { printNote } from './process.ts';
import { checkRepetition } from './repeatedRun.ts';
import { networkMetadata } from './sameSettings.ts';
import { openTestExamples } from './runData.ts';
import type { RunOptions } from './trainOptions.ts';
import { loadForData, preparedFor, readWeightsFile } from './weightsFile.ts';

/** The options of `reportRun`. */
export interface ReportRunOptions {
  /** Whether the plots are also written as PNG files; false by default. */
  readonly png?: boolean;
  /** The indices of the test examples whose feature maps are shown. */
  readonly examples?: readonly number[];
  /** The folder of a run from the same initial weights, with another order of the examples. */
  readonly repeat?: string;
}

/**
 * Writes the report of the run in `folder`. The report shows the weights of the run's checkpoint.
 *
 * Errors: those of the checkpoint, the data and `checkRepetition`; a value that is not finite in
 *         the run's weights file; a file that cannot be written.
 * @param out the path of the HTML file.
 * @returns the paths of the files that were written.
 */
export async function reportRun(
  folder: string,
  options: RunOptions,
  out: string,
  { png = false, examples, repeat }: ReportRunOptions = {},
): Promise<string[]> {
  const file = join(folder, 'checkpoint.safetensors');
  const best = join(folder, 'weights.safetensors');
  // If the run's weights file is damaged, a report must not present the run as successful.
  if (existsSync(best)) await checkFiniteWeights(best);
  if (repeat !== undefined) (await checkRepetition(folder, options, repeat)).forEach(printNote);
  const weights = await readWeightsFile(file, options.network);
  if (weights.targets !== undefined) {
    const { reportTargets } = await import('./reportTargets.ts');
    return reportTargets(folder, options, out, { weights, png, examples });
  }
  const test = await openTestExamples(options, weights.entry, weights.table);
  const dataset = preparedFor(weights, test);
  const network = await loadForData(weights, dataset);
  let repeated: Module | undefined;
  try {
    if (repeat !== undefined) repeated = await checkpointOf(repeat, options, dataset);
    const log = await readLog(join(folder, 'log.jsonl'));
    const name = networkMetadata(options.network);
    const title = `${name} on ${dataset.name}`;
    const progress = await readProgress(file);
    return await writeReport(
      out,
      { title, log, network, dataset, progress, ...(examples && { examples }), ...(repeated && { repeated }) }, // prettier-ignore
      png,
    );
  } finally {
    network.dispose();
    repeated?.dispose();
  }
}

/** Loads the network of a run's checkpoint. */
async function checkpointOf(folder: string, { network }: RunOptions, dataset: Dataset) {
  const file = join(folder, 'checkpoint.safetensors');
  return loadForData(await readWeightsFile(file, network), dataset);
}
