import type { Dataset } from '../data/dataset.ts';
import type { LogLine } from '../train/runLog.ts';
import type { Module } from '../lib/module.ts';
import { propagate } from '../lib/propagate.ts';
import type { TrainingProgress } from '../train/trainer.ts';
import { answers, type Answers } from './answers.ts';
import { firstFilters } from './filters.ts';
import { gaborFits, type GaborFits } from './gaborFits.ts';
import { insides, labelOf, type Insides } from './insides.ts';
import { judgeRun, type Judgement } from './judgeRun.ts';
import type { Picture } from './pictures.ts';
import { boxPatches, type BoxPatches } from './unitPatches.ts';
import { sortLines, type RunLines } from './runLines.ts';
import { stageOf, type Stage } from './stage.ts';

/** All that a report shows. */
export interface ReportData extends Answers, Insides {
  readonly title: string;
  readonly classes: number;
  readonly classNames?: readonly string[];
  readonly lines: RunLines;
  readonly judgement: Judgement;
  /** When the network was as it is shown. */
  readonly stage?: Stage;
  /** Of the first box with kernels, one an output channel, the largest first. */
  readonly filters: readonly Picture[];
  /** How near they are to Gabor functions; none for filters that are too small to tell. */
  readonly gabors?: GaborFits;
  /** What single units answer to. */
  readonly units: readonly BoxPatches[];
  /** What the box of a path in the log is, such as `Conv2D 0`. */
  readonly boxNames: Readonly<Record<string, string>>;
}

export interface ReportOptions {
  readonly title: string;
  /** The lines of the run's log. */
  readonly log: readonly LogLine[];
  readonly network: Module;
  /** Of images, on which the network is looked at; not those it was trained on. */
  readonly dataset: Dataset;
  /** The records whose feature maps are shown; by default the first of three classes. */
  readonly inputs?: readonly number[];
  /** Where the training stood when the network was as it is now, if that is known. */
  readonly progress?: Pick<TrainingProgress, 'step' | 'examples' | 'batchSize'>;
}

/**
 * Gathers what a report shows of a run and its network, on at most 2000 records of a dataset.
 *
 * Errors: those of the boxes and the dataset.
 */
export async function collectReport(options: ReportOptions): Promise<ReportData> {
  const { title, log, network, dataset, inputs, progress } = options;
  const lines = sortLines(log);
  const inside = await insides(network, dataset, inputs);
  const filters = await firstFilters(network);
  const gabors = await gaborFits(filters);
  return {
    title,
    classes: dataset.classes,
    lines,
    ...(dataset.classNames && { classNames: dataset.classNames }),
    ...inside,
    ...(await answers(network, dataset)),
    judgement: judgeRun(lines, dataset.classes, inside.hidden.at(-1)?.dead),
    filters,
    ...(gabors && { gabors }),
    ...(progress && { stage: stageOf(progress) }),
    units: await boxPatches(network, dataset),
    boxNames: namesOf(network),
  };
}

/** The paths that parameters are named by, with the boxes there. */
function namesOf(network: Module): Record<string, string> {
  const names: Record<string, string> = {};
  propagate<undefined>(network, [undefined], (box, _, path) => {
    names[path] = labelOf(box, path);
    return undefined;
  });
  return names;
}
