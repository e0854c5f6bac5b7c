import { batchCount } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { InputError } from '../lib/errors.ts';
import type { AnyModule } from '../lib/module.ts';
import { trainingExamples } from '../lib/trainingExamples.ts';

/** The sizes of the batches of an epoch. */
export interface BatchSizes {
  /** The training set. */
  readonly train: Pick<Dataset, 'length' | 'inputShape'>;
  /** The number of examples per step. */
  readonly batchSize: number;
  /** Whether a shorter last batch is left out; false by default. */
  readonly dropLast?: boolean;
}

/** A batch of an epoch that is too small for a box. */
export interface SmallBatch {
  /** The number of examples that the box needs, and the box. */
  readonly expected: string;
  /** The number of examples in the batch, and which batch it is. */
  readonly got: string;
  /** The remedy. */
  readonly advice: string;
}

/**
 * Finds a batch of an epoch that is too small for a box of the network in training, such as a last
 * batch of one vector for a BatchNorm. Returns undefined if there is none.
 *
 * Errors: those of `batches`.
 */
export function smallBatch(
  network: AnyModule,
  { train, batchSize, dropLast = false }: BatchSizes,
): SmallBatch | undefined {
  const { length, inputShape } = train;
  batchCount(length, batchSize, { dropLast }); // Refuses bad sizes.
  const rest = dropLast ? 0 : length % batchSize;
  const smallest = rest === 0 ? batchSize : rest;
  const { examples, box } = trainingExamples(network, [smallest, ...inputShape]);
  if (smallest >= examples) return undefined;
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

/** Refuses the batches that `smallBatch` finds. */
export function checkBatches(network: AnyModule, sizes: BatchSizes): void {
  const found = smallBatch(network, sizes);
  if (found === undefined) return;
  const { expected, got, advice } = found;
  throw new InputError(`Trainer: expected ${expected}, got ${got}; ${advice}`);
}
