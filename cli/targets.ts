import * as v from 'valibot';
import type { Cost } from '../lib/cost.ts';
import { InputError, show } from '../lib/errors.ts';
import { integer, number, object, positive, text } from '../lib/schema.ts';
import { BinaryCrossEntropy } from '../losses/binaryCrossEntropy.ts';
import { Euclidean } from '../losses/euclidean.ts';
import { Focal } from '../losses/focal.ts';
import { Huber } from '../losses/huber.ts';
import { L1 } from '../losses/l1.ts';
import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import { kindOf, LOSSES, type LossName } from './lossNames.ts';

/** The options of a command that reads targets other than one label per example. */
export interface TargetOptions {
  /** The columns of a CSV file with the targets, or the folder of the target images. */
  readonly target?: readonly string[];
  /** The loss, which says what the targets mean; `euclidean` for columns by default. */
  readonly loss?: LossName;
}

/**
 * The targets of a network, unless they are one label per example. They are an entry of the
 * metadata of its weights.
 */
export interface Targets {
  /** The loss of the training. */
  readonly loss: LossName;
  /** The names of the columns, or of the folder of the target images. */
  readonly names: readonly string[];
  /** The shape of a target: the number of columns, or the size of an image. */
  readonly shape: readonly number[];
  /** The number of classes of labels. */
  readonly classes?: number;
  /** The label of pixels that are not counted. */
  readonly ignoreIndex?: number;
  /** The means that were subtracted from the columns of numbers. */
  readonly mean?: readonly number[];
  /** The standard deviations by which the differences were divided. */
  readonly std?: readonly number[];
}

const SIZE = integer(1, 1e5);

/** The schema of the entry `targets`. */
export const TARGETS = v.pipe(
  object({
    loss: v.picklist(LOSSES),
    names: v.pipe(v.array(text()), v.minLength(1, 'names')),
    shape: v.pipe(v.array(SIZE), v.minLength(1, 'sizes'), v.maxLength(3, 'at most three sizes')),
    classes: v.exactOptional(SIZE),
    ignoreIndex: v.exactOptional(integer(0, 255)),
    mean: v.exactOptional(v.array(number())),
    std: v.exactOptional(v.array(positive())),
  }),
  v.check(
    ({ names, shape, mean = names, std = names }) =>
      (shape.length > 1 || shape[0] === names.length) &&
      mean.length === names.length &&
      std.length === names.length,
    'a size, a mean and a deviation for each name',
  ),
  v.check(
    ({ loss, classes }) => (classes === undefined) === (kindOf(loss) !== 'labels'),
    'classes with labels only',
  ),
) satisfies v.GenericSchema<unknown, Targets>;

/** Returns the number of outputs of a network for targets, per position of an image. */
export function outputsOf({ shape, classes }: Targets): number {
  return classes ?? shape[shape.length - 1];
}

/** Returns whether the targets are columns of a table, and not images. */
export function areColumns({ shape }: Pick<Targets, 'shape'>): boolean {
  return shape.length === 1;
}

/** Makes the cost of targets. */
export function targetCost(
  { loss, ignoreIndex }: Pick<Targets, 'loss' | 'ignoreIndex'>,
  labelSmoothing = 0,
): Cost {
  const make: Record<LossName, () => Cost> = {
    euclidean: () => new Euclidean(),
    l1: () => new L1(),
    huber: () => new Huber(),
    'binary-cross-entropy': () => new BinaryCrossEntropy(),
    focal: () => new Focal(),
    'cross-entropy': () =>
      new SoftmaxCrossEntropy({
        labelSmoothing,
        ...(ignoreIndex !== undefined && { ignoreIndex }),
      }),
  };
  return make[loss]();
}

/**
 * Returns the loss of a run with targets.
 *
 * Errors: images without a loss, which may be anything; columns of labels.
 * @param isTable whether the targets are columns.
 */
export function targetLoss({ loss }: TargetOptions, isTable: boolean): LossName {
  if (loss === undefined && !isTable) {
    throw new InputError(
      `--loss: expected one of ${LOSSES.join(', ')} for target images, or loss in the network's file, got none`,
    );
  }
  if (isTable && loss === 'cross-entropy') {
    throw new InputError(
      '--loss: expected another loss than cross-entropy for columns of numbers: --label names the column of the classes',
    );
  }
  return loss ?? 'euclidean';
}

/** The options that expect one label per example. */
const FOR_LABELS = ['label', 'augment', 'mixup', 'cutmix'] as const;

/**
 * Checks the options of a run that depend on its targets.
 *
 * Errors: a loss without targets; with targets, an option that expects one label per example, or
 *         label smoothing without labels.
 */
export function checkTargetOptions(
  options: TargetOptions & Partial<Record<(typeof FOR_LABELS)[number] | 'labelSmoothing', unknown>>,
): void {
  const { target, loss, labelSmoothing } = options;
  if (target === undefined) {
    if (loss === undefined) return;
    throw new InputError(
      `--loss: expected --target with it, because the loss of one label per example is the cross-entropy, got ${loss}`,
    );
  }
  const other = FOR_LABELS.find((name) => options[name] !== undefined);
  if (other !== undefined)
    throw new InputError(`--target: expected no --${other} with it, got ${show(options[other])}`);
  if (labelSmoothing !== undefined && loss !== 'cross-entropy') {
    throw new InputError(
      `--label-smoothing: expected --loss cross-entropy with --target, got ${loss ?? 'none'}`,
    );
  }
}
