import type { Dataset } from '../data/dataset.ts';
import type { LogLine } from '../train/runLog.ts';
import type { Module } from '../lib/module.ts';
import { propagate } from '../lib/propagate.ts';
import type { TrainingProgress } from '../train/trainer.ts';
import { predictions, type Predictions } from './predictions.ts';
import { weightNoise } from '../inspect/gabor/weightNoise.ts';
import { filtersInOrder, firstFilters } from './filters.ts';
import { gaborFits, type GaborFits } from './gaborFits.ts';
import { insides, labelOf, type Insides } from './insides.ts';
import { judgeRun, type Judgement } from './judgeRun.ts';
import type { Picture } from './pictures.ts';
import { boxPatches, type BoxPatches } from './unitPatches.ts';
import { sortLines, type RunLines } from './runLines.ts';
import { stageOf, type Stage } from './stage.ts';

/** The content of a report. */
export interface ReportData extends Predictions, Insides {
  /** The title of the page. */
  readonly title: string;
  /** The number of classes. */
  readonly classes: number;
  /** The names of the classes, if they have any. */
  readonly classNames?: readonly string[];
  /** The log of the run. */
  readonly lines: RunLines;
  /** The verdict on the run. */
  readonly judgement: Judgement;
  /** How far the training had progressed when these weights were saved, if it is known. */
  readonly stage?: Stage;
  /** The filters of the first box with kernels, one per output channel, largest first. */
  readonly filters: readonly Picture[];
  /** The Gabor functions that fit the filters best; undefined if the filters are too small. */
  readonly gabors?: GaborFits;
  /** The parts of inputs to which individual units respond most. */
  readonly units: readonly BoxPatches[];
  /** The names of the boxes, such as `Conv2D 0`. The keys are their paths in the log. */
  readonly boxNames: Readonly<Record<string, string>>;
}

/** The run that a report shows. */
export interface ReportOptions {
  /** The title of the page. */
  readonly title: string;
  /** The lines of the run's log. */
  readonly log: readonly LogLine[];
  /** The trained network. */
  readonly network: Module;
  /** Images that the network was not trained on. */
  readonly dataset: Dataset;
  /**
   * The indices of the examples whose feature maps are shown; by default one example from each of
   * three classes.
   */
  readonly examples?: readonly number[];
  /** The progress of the training that gave these weights, if it is known. */
  readonly progress?: Pick<TrainingProgress, 'step' | 'examples' | 'batchSize' | 'dropLast'>;
  /**
   * The same network after another training, which started from the same weights and saw the
   * examples in another order. The difference is the noise of the first filters.
   */
  readonly repeated?: Module;
}

/**
 * Collects the content of a report from a run and its network, using at most 2000 examples.
 *
 * Errors: those of the boxes and the dataset.
 */
export async function collectReport(options: ReportOptions): Promise<ReportData> {
  const { title, log, network, dataset, examples, progress, repeated } = options;
  const lines = sortLines(log);
  const inside = await insides(network, dataset, examples);
  const filters = await firstFilters(network);
  const gabors = await gaborFits(filters, repeated && (await noiseOf(network, repeated)));
  return {
    title,
    classes: dataset.classes,
    lines,
    ...(dataset.classNames && { classNames: dataset.classNames }),
    ...inside,
    ...(await predictions(network, dataset)),
    judgement: judgeRun(lines, dataset.classes, inside.hidden.at(-1)?.dead),
    filters,
    ...(gabors && { gabors }),
    ...(progress && { stage: stageOf(progress) }),
    units: await boxPatches(network, dataset),
    boxNames: namesOf(network),
  };
}

/**
 * Returns the variance of the noise in the first filters of two trainings, or undefined if the
 * network has no filters.
 */
async function noiseOf(network: Module, repeated: Module): Promise<number | undefined> {
  const [own, other] = [await filtersInOrder(network), await filtersInOrder(repeated)].map(
    (filters) => filters.flatMap(({ values }) => Array.from(values)),
  );
  return own.length === 0 ? undefined : weightNoise(own, other);
}

/** Returns the names of the boxes by their paths. */
export function namesOf(network: Module): Record<string, string> {
  const names: Record<string, string> = {};
  propagate<undefined>(network, [undefined], (box, _, path) => {
    names[path] = labelOf(box, path);
    return undefined;
  });
  return names;
}
