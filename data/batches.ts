import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Rng } from '../lib/rng.ts';

/** The options of `batches`, `shuffledBatches` and `batchCount`. */
export interface BatchesOptions {
  /** Whether a last batch with fewer than `batchSize` examples is left out; false by default. */
  readonly dropLast?: boolean;
}

/**
 * Returns the indices 0 ... length − 1 in order, in batches of `batchSize`. The last batch may be
 * shorter.
 *
 * Errors, at the call and not at the first batch: a length or batch size that is not an integer of
 *         at least 1; a batch size above the length with `dropLast`; an unknown option.
 *
 *     for (const indices of batches(test.length, 250)) {
 *       const { input, labels } = await test.batch(indices);
 *     }
 */
export function batches(
  length: number,
  batchSize: number,
  options: BatchesOptions = {},
): Iterable<Int32Array> {
  const count = countOf('batches', length, batchSize, options);
  return cut(
    Int32Array.from({ length }, (_, i) => i),
    batchSize,
    count,
  );
}

/**
 * Returns the indices of `batches` in random order, for one epoch: every example occurs exactly
 * once. With `dropLast`, the examples of an incomplete last batch are left out; they are different
 * ones in each epoch. The order is drawn when the function is called, so the state of the generator
 * afterwards does not depend on how many batches are used.
 *
 * Errors: those of `batches`.
 *
 *     for (const indices of shuffledBatches(train.length, 64, rng)) {
 *       const { input, labels } = await train.batch(indices, rng);
 *     }
 */
export function shuffledBatches(
  length: number,
  batchSize: number,
  rng: Rng,
  options: BatchesOptions = {},
): Iterable<Int32Array> {
  const count = countOf('shuffledBatches', length, batchSize, options);
  return cut(rng.permutation(length), batchSize, count);
}

/**
 * Returns the number of batches of an epoch: ⌈length / batchSize⌉, or ⌊length / batchSize⌋ with
 * `dropLast`.
 *
 * Errors: those of `batches`.
 *
 *     batchCount(65, 64);                       // 2
 *     batchCount(65, 64, { dropLast: true });   // 1
 */
export function batchCount(
  length: number,
  batchSize: number,
  options: BatchesOptions = {},
): number {
  return countOf('batchCount', length, batchSize, options);
}

function* cut(order: Int32Array, batchSize: number, count: number): Generator<Int32Array> {
  for (let k = 0; k < count; k++) yield order.slice(k * batchSize, (k + 1) * batchSize);
}

/** Checks the arguments of `caller`, and returns the number of batches. */
function countOf(
  caller: string,
  length: number,
  batchSize: number,
  options: BatchesOptions,
): number {
  checkOptions(caller, options, ['dropLast']);
  if (!isCount(length)) {
    throw new InputError(
      `${caller}: expected a length that is an integer of at least 1, got ${show(length)}`,
    );
  }
  if (!isCount(batchSize)) {
    throw new InputError(
      `${caller}: expected a batch size that is an integer of at least 1, got ${show(batchSize)}`,
    );
  }
  const { dropLast = false } = options;
  if (typeof dropLast !== 'boolean')
    throw new InputError(`${caller}: expected dropLast to be true or false, got ${show(dropLast)}`);
  if (dropLast && batchSize > length) {
    throw new InputError(
      `${caller}: expected a batch size of at most the ${length} examples with dropLast, got ${batchSize}`,
    );
  }
  return dropLast ? Math.floor(length / batchSize) : Math.ceil(length / batchSize);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
