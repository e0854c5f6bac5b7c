import { join } from 'node:path';
import { prepared } from '../data/preparation.ts';
import { readProgress } from '../train/checkpoint.ts';
import { readLog } from '../train/runLog.ts';
import { writeReport } from '../report/writeReport.ts';
import { openData } from './openData.ts';
import { openTrained } from './openNetwork.ts';
import type { RunOptions } from './runOptions.ts';
import { preparationsOfFile } from './weightsFile.ts';

/**
 * Writes the report of the run in a folder, of the weights in its checkpoint.
 *
 * @param inputs the test records whose feature maps are shown.
 * @returns the files.
 */
export async function reportRun(
  folder: string,
  options: RunOptions,
  out: string,
  { png = false, inputs }: { readonly png?: boolean; readonly inputs?: readonly number[] } = {},
): Promise<string[]> {
  const { test } = await openData(options.data, options.shape);
  const file = join(folder, 'checkpoint.safetensors');
  const dataset = prepared(test, await preparationsOfFile(file));
  const network = await openTrained(options.network, file, dataset);
  try {
    const log = await readLog(join(folder, 'log.jsonl'));
    const title = `${options.network} on ${dataset.name}`;
    const progress = await readProgress(file);
    return await writeReport(
      out,
      { title, log, network, dataset, progress, ...(inputs && { inputs }) },
      png,
    );
  } finally {
    network.dispose();
  }
}
