import * as v from 'valibot';
import { checkSchema, integer, number, object, record, text } from '../lib/schema.ts';
import type { LogLine } from '../train/runLog.ts';
import type { LayerStats } from '../train/layerStats.ts';
import type { TargetMetricValues } from '../train/targetMetrics.ts';

/** The result of an epoch on one dataset. */
export interface Figures {
  /** The mean loss, in nats. */
  readonly loss: number;
  /** The fraction of misclassified examples. */
  readonly errorRate: number;
}

/** The statistics of the hidden units of a box, as in `HiddenUnits`. */
export interface HiddenStats {
  /** The name of the box. */
  readonly box: string;
  readonly dead: number;
  readonly sparsityAcrossExamples: number;
  readonly sparsityAcrossUnits: number;
  readonly correlation: number;
}

/** The result of an epoch on a dataset with targets other than one label per example. */
export interface TargetFigures {
  /** The mean loss. */
  readonly loss: number;
  /** The metrics; NaN if nothing was measured. */
  readonly metrics: TargetMetricValues;
}

/** The log line of an epoch. */
export interface EpochLine<F = Figures> {
  /** The number of the epoch, counted from 1. */
  readonly epoch: number;
  /** The result on the training examples. */
  readonly train: F;
  /**
   * The result on the validation examples, or on the test examples if there are no validation
   * examples.
   */
  readonly validation: F;
  /** The learning rate at the end of the epoch. */
  readonly learningRate: number;
  /** The root mean squares of weights, gradients and updates per box. */
  readonly boxes: readonly LayerStats[];
  /** The hidden units of each nonlinear box. Runs without a report have none. */
  readonly hidden?: readonly HiddenStats[] | undefined;
}

/** The log line of a step. */
export interface StepLine {
  /** The number of the step, counted from 0. */
  readonly step: number;
  /** The loss of the batch, in nats. */
  readonly loss: number;
  /** The learning rate of the step. */
  readonly learningRate: number;
}

/** The lines of a run's log, grouped by their types. */
export interface RunLines<F = Figures> {
  /** The steps. */
  readonly steps: readonly StepLine[];
  /** The epochs. */
  readonly epochs: readonly EpochLine<F>[];
  /** The reason why the run failed, if it failed. */
  readonly failure?: string;
}

/**
 * The schema of a loss. It is at least 0, apart from the rounding errors of single
 * precision.
 */
const LOSS = v.pipe(
  number(),
  v.check((loss) => loss > -1e-6, 'a loss of at least 0'),
);

const FIGURES = object({ loss: LOSS, errorRate: number(0, 1) });

/** The schema of a root mean square. JSON writes a value that is not finite as null. */
const SIZE = v.pipe(
  v.nullable(number()),
  v.transform((size) => size ?? NaN),
);

const STEP = object({ step: integer(0), loss: LOSS, learningRate: number(0) });

const EPOCH = object({
  epoch: integer(1),
  train: FIGURES,
  validation: FIGURES,
  learningRate: number(0),
  boxes: v.array(object({ path: text(), weight: SIZE, gradient: SIZE, update: SIZE })),
  hidden: v.optional(
    v.array(
      object({
        box: text(),
        dead: number(0, 1),
        sparsityAcrossExamples: number(0, 1),
        sparsityAcrossUnits: number(0, 1),
        correlation: SIZE,
      }),
    ),
  ),
});

const TARGET_FIGURES = object({ loss: LOSS, metrics: record(SIZE) });

const TARGET_EPOCH = object({
  ...EPOCH.pipe[1].entries,
  train: TARGET_FIGURES,
  validation: TARGET_FIGURES,
});

/**
 * Groups the lines of a log by their types.
 *
 * Errors: a line without the fields of its type:
 *         `log.jsonl: epoch at step 20: train.loss: expected a finite number, got "low"`.
 */
export function sortLines(log: readonly LogLine[]): RunLines {
  return sorted(log, EPOCH);
}

/** Groups the lines of the log of a run with targets. Errors: those of `sortLines`. */
export function sortTargetLines(log: readonly LogLine[]): RunLines<TargetFigures> {
  return sorted(log, TARGET_EPOCH);
}

function sorted<F>(
  log: readonly LogLine[],
  epoch: v.GenericSchema<unknown, EpochLine<F>>,
): RunLines<F> {
  const of = <const S extends v.GenericSchema>(type: LogLine['type'], schema: S) =>
    log
      .filter((line) => line.type === type)
      .map((line) => checkSchema(`log.jsonl: ${type} at step ${line.step}`, schema, line));
  const last = log.at(-1);
  return {
    steps: of('step', STEP),
    epochs: of('epoch', epoch),
    ...(last?.type === 'failed' && {
      failure: typeof last.message === 'string' ? last.message : 'no reason given',
    }),
  };
}
