import { join } from 'node:path';
import { InputError } from '../lib/errors.ts';
import { shorten } from '../lib/oneLine.ts';
import { readWeightsHeader } from '../models/loadTrainedNetwork.ts';
import { readProgress } from '../train/checkpoint.ts';
import { readRun } from './runFolder.ts';
import { ENTRIES } from './sameData.ts';
import { checkSameSettings, entriesOf } from './sameSettings.ts';
import type { RunOptions } from './trainOptions.ts';

/**
 * Options that may differ: the seed gives the order of the examples, and the others do not
 * influence the weights.
 */
const MAY_DIFFER: readonly string[] = ['seed', 'report', 'checkpointSteps'];

/**
 * The entries of a checkpoint that a repetition shares. The statistics of `--preprocess` may
 * differ, because the seed also chooses the validation examples.
 */
const SHARED = Object.entries({ ...ENTRIES, network: 'network' }).filter(
  ([entry]) => entry !== 'preparation',
);

/**
 * Checks that a run repeats another one: the same network, data, options and number of steps, from
 * the same weights, with another seed. The difference of their weights is then chance alone.
 *
 * Errors: a folder without a run and its checkpoint; runs that start from random weights of
 *         different seeds; an option, data or a number of steps that differs, such as
 *         `--repeat: runs/b: expected learningRate to be 0.02, as in runs/a, got 0.5`.
 * @param folder the run that is repeated, with its options.
 * @param repeat the folder of the repetition.
 * @returns notes about the repetition, which the command prints.
 */
export async function checkRepetition(
  folder: string,
  options: RunOptions,
  repeat: string,
): Promise<string[]> {
  const { network } = options;
  const remedy = `report ${folder} --repeat ${repeat} --network FILE`;
  const again = await readRun(repeat, { option: '--repeat', remedy, network });
  const settings = { option: '--repeat', folder: repeat, options: again, networkNamed: true };
  const compare = (name: string, expected: string | undefined, got: string | undefined) => {
    if (expected === got) return;
    const [one, other] = [expected, got].map((value) => shorten(value ?? 'none', 200));
    throw new InputError(
      `--repeat: ${repeat}: expected ${name} to be ${one}, as in ${folder}, got ${other}`,
    );
  };
  const [before, after] = [options, again].map((run) => entriesOf(run, undefined));
  before.set('from', JSON.stringify(options.from));
  after.set('from', JSON.stringify(again.from));
  for (const name of new Set([...before.keys(), ...after.keys()]))
    if (!MAY_DIFFER.includes(name)) compare(name, before.get(name), after.get(name));
  if (options.from === undefined && options.seed !== again.seed) {
    throw new InputError(
      `--repeat: ${repeat}: expected a run that starts from the weights of ${folder}, got random ones of another seed: train both with --from FILE`,
    );
  }
  const [own, other] = [folder, repeat].map((run) => join(run, 'checkpoint.safetensors'));
  const notes = await checkSameSettings(settings);
  const headers = [await readWeightsHeader(own), await readWeightsHeader(other)];
  for (const [entry, what] of SHARED) {
    const [expected, got] = headers.map(({ metadata }) => metadata.get(entry));
    // Checkpoints of earlier versions do not have all of these entries.
    if (expected === undefined || got === undefined) continue;
    if (entry === 'network') compare(entry, expected, got);
    if (expected === got) continue;
    throw new InputError(
      `--repeat: ${repeat}: expected the data of ${folder}, got data with other ${what}`,
    );
  }
  const [{ step }, { step: steps }] = [await readProgress(own), await readProgress(other)];
  compare('the number of steps', String(step), String(steps));
  return notes;
}
