import { batchCount } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { InputError } from '../lib/errors.ts';
import { shareOf, type Group } from '../lib/group.ts';
import type { AnyModule } from '../lib/module.ts';
import { trainingExamples } from '../lib/trainingExamples.ts';

/** The data that determines the sizes of the batches of an epoch. */
export interface BatchSizes {
  /** The training set. */
  readonly train: Pick<Dataset, 'length' | 'inputShape'>;
  /** The number of examples per step. */
  readonly batchSize: number;
  /** The number of parts in which a batch is computed; 1 by default. */
  readonly accumulate?: number;
  /** Whether a shorter last batch is left out; false by default. */
  readonly dropLast?: boolean;
  /** The processes that each train on a part of a batch; one process by default. */
  readonly group?: Pick<Group, 'rank' | 'size'>;
  /** Whether BatchNorm uses the statistics of all parts of a batch; false by default. */
  readonly syncBatchNorm?: boolean;
}

/** Describes a batch of an epoch that is too small for a box. */
export interface SmallBatch {
  /** The number of examples that the box needs, and the name of the box. */
  readonly expected: string;
  /** The number of examples in the batch, and its position in the epoch. */
  readonly got: string;
  /** What the user can do about it. */
  readonly advice: string;
}

/**
 * Finds a batch of an epoch that is too small for a box in training mode, such as a last batch of a
 * single vector for a BatchNorm. Returns undefined if no batch is too small.
 *
 * Errors: those of `batches`.
 */
export function smallBatch(network: AnyModule, sizes: BatchSizes): SmallBatch | undefined {
  const { train, batchSize, dropLast = false } = sizes;
  const { length, inputShape } = train;
  batchCount(length, batchSize, { dropLast }); // This throws for invalid sizes.
  const rest = dropLast ? 0 : length % batchSize;
  const smallest = rest === 0 ? batchSize : rest;
  const { examples, box } = trainingExamples(network, [smallest, ...inputShape]);
  if (smallest >= examples) return smallPart(network, smallest, examples, sizes);
  const expected = `batches of at least ${examples} examples, which ${box} needs in training`;
  if (length < examples)
    return { expected, got: `a training set of ${length}`, advice: 'train on more examples' };
  if (batchSize < examples) {
    const advice = 'choose a larger batchSize (--batch-size)';
    return { expected, got: `batchSize ${batchSize}`, advice };
  }
  return {
    expected,
    got: `a last batch of ${rest} (${length} examples in batches of ${batchSize})`,
    advice:
      'choose another batchSize (--batch-size), or leave out the last batch with dropLast (--drop-last)',
  };
}

/**
 * Finds a batch of which a part, on one of the ranks, is too small for a box; undefined if there is
 * none. A network with running statistics needs an example on each rank.
 */
function smallPart(
  network: AnyModule,
  smallest: number,
  examples: number,
  { group, syncBatchNorm = false, accumulate = 1 }: BatchSizes,
): SmallBatch | undefined {
  const onRank = Math.floor(smallest / (group?.size ?? 1));
  const part = Math.max(1, Math.floor(onRank / accumulate));
  if (accumulate > 1 && onRank >= examples && part < examples) {
    return {
      expected: `at least ${examples} examples in each part of a batch, for the statistics of BatchNorm`,
      got: `${part} (${onRank} examples in ${accumulate} parts)`,
      advice: 'choose fewer parts with accumulate (--accumulate)',
    };
  }
  if (group === undefined || group.size === 1 || syncBatchNorm) return undefined;
  if (Object.keys(network.buffers).length === 0 && examples === 1) return undefined;
  const { count } = shareOf({ rank: 0, size: group.size }, smallest);
  if (count >= examples) return undefined;
  return {
    expected: `at least ${examples} examples of each batch on each rank, for the statistics of BatchNorm`,
    got: `${count} on rank 0 (a batch of ${smallest} on ${group.size} ranks)`,
    advice:
      'use the statistics of all ranks with syncBatchNorm (--sync-batch-norm), or fewer ranks',
  };
}

/** Throws if `smallBatch` finds a batch that is too small. */
export function checkBatches(network: AnyModule, sizes: BatchSizes): void {
  const found = smallBatch(network, sizes);
  if (found === undefined) return;
  const { expected, got, advice } = found;
  throw new InputError(`Trainer: expected ${expected}, got ${got}; ${advice}`);
}
