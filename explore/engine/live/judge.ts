import type { Dataset } from '../../../data/dataset.ts';
import type { Module } from '../../../lib/module.ts';
import { firstFilters } from '../../../report/filters.ts';
import { gaborFits, type GaborFits } from '../../../report/gaborFits.ts';
import type { HiddenUnits } from '../../../report/hiddenUnits.ts';
import { insides } from '../../../report/insides.ts';
import { judgeRun, type Judgement } from '../../../report/judgeRun.ts';
import type { RunLines } from '../../../report/runLines.ts';

/** The verdicts on a training by the lecture's criteria. */
export interface Verdicts {
  /** The verdict on the curves. */
  readonly run: Judgement;
  /** The hidden units of each nonlinear box. */
  readonly hidden: readonly HiddenUnits[];
  /** The filters of the first box, each with the Gabor function that fits it best. */
  readonly filters?: GaborFits;
}

/** Judges a network with the same functions as the report. */
export async function judgeNetwork(
  network: Module,
  data: Dataset,
  lines: RunLines,
): Promise<Verdicts> {
  const { hidden } = await insides(network, data);
  const filters = await gaborFits(await firstFilters(network));
  const dead = hidden.at(-1)?.dead ?? 0;
  const run = judgeRun(lines, data.classes, dead);
  return { run, hidden, ...(filters && { filters }) };
}
