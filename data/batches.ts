import { InputError, show } from '../lib/errors.ts';
import type { Rng } from '../lib/rng.ts';

/**
 * Returns the indices 0 ... length − 1 in order, in batches of `batchSize`. The last batch may be
 * shorter.
 *
 * Errors: a length or batch size that is not an integer of at least 1, at the call and not at the
 *         first batch.
 *
 *     for (const indices of batches(test.length, 250)) {
 *       const { input, labels } = await test.batch(indices);
 *     }
 */
export function batches(length: number, batchSize: number): Iterable<Int32Array> {
  check('batches', length, batchSize);
  return cut(
    Int32Array.from({ length }, (_, i) => i),
    batchSize,
  );
}

/**
 * Returns the indices of `batches` in random order, for one epoch: every example occurs exactly
 * once. The order is drawn at the call, so the final state of the generator does not depend on how
 * many batches are used.
 *
 * Errors: those of `batches`.
 *
 *     for (const indices of shuffledBatches(train.length, 64, rng)) {
 *       const { input, labels } = await train.batch(indices, rng);
 *     }
 */
export function shuffledBatches(length: number, batchSize: number, rng: Rng): Iterable<Int32Array> {
  check('shuffledBatches', length, batchSize);
  return cut(rng.permutation(length), batchSize);
}

function* cut(order: Int32Array, batchSize: number): Generator<Int32Array> {
  for (let start = 0; start < order.length; start += batchSize)
    yield order.slice(start, start + batchSize);
}

function check(caller: string, length: number, batchSize: number): void {
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
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
