import type { Tensor } from '@tensorflow/tfjs-core';
import { InputError } from '../../lib/errors.ts';
import { checkPair, featureCentredGram, readSquare } from './gram.ts';
import { centreForHsic, dot, LEAST_EXAMPLES } from './hsic.ts';
import { alignment } from './linearCka.ts';

/**
 * Linear CKA between every pair of two lists of representations, from minibatches. Its memory does
 * not grow with the number of examples: it keeps three sums per pair. For k minibatches with the
 * Gram matrices K_i and L_i,
 *
 *   CKA = Σ_i HSIC₁(K_i, L_i) / √(Σ_i HSIC₁(K_i, K_i) · Σ_i HSIC₁(L_i, L_i))
 *
 * HSIC₁ is the unbiased estimator, so its expectation does not depend on the size of the
 * minibatches. Each sum converges to the value for the whole dataset.
 *
 * Shapes: each representation [N, ...], N at least 4 examples per minibatch.
 * Errors: a minibatch with another number of representations; those of `linearCka`.
 * Source: Nguyen, Raghu, Kornblith 2021, arXiv:2010.15327, equations 2 and 3.
 *
 *     const cka = new MinibatchCka(2, 3);
 *     for (const { a, b } of minibatches) await cka.add(a, b);   // lists of 2 and of 3 tensors
 *     cka.values;   // 2 rows of 3 values
 */
export class MinibatchCka {
  readonly #cross: Float64Array[];
  readonly #own: [rows: Float64Array, columns: Float64Array];

  /**
   * @param rows the number of representations in the first list.
   * @param columns the number of representations in the second list.
   */
  constructor(rows: number, columns: number) {
    this.#own = [new Float64Array(rows), new Float64Array(columns)];
    this.#cross = Array.from({ length: rows }, () => new Float64Array(columns));
  }

  /** Adds a minibatch: the representations of its examples. The caller disposes the tensors. */
  async add(a: readonly Tensor[], b: readonly Tensor[]): Promise<void> {
    this.#checkCounts(a.length, b.length);
    for (const x of [...a, ...b])
      checkPair('MinibatchCka.add', a[0] ?? x, x, LEAST_EXAMPLES.unbiased);
    const grams = async (tensors: readonly Tensor[]) =>
      Promise.all(tensors.map((x) => readSquare(featureCentredGram(x))));
    this.addGrams(await grams(a), await grams(b));
  }

  /** Adds a minibatch: the Gram matrices of the representations, as values in row-major order. */
  addGrams(a: readonly Float64Array[], b: readonly Float64Array[]): void {
    this.#checkCounts(a.length, b.length);
    const centred = [a, b].map((list) => list.map((gram) => centreForHsic(gram, 'unbiased')));
    const [k, l] = centred;
    centred.forEach((list, side) => list.forEach((x, i) => (this.#own[side][i] += dot(x, x))));
    this.#cross.forEach((row, i) => l.forEach((y, j) => (row[j] += dot(k[i], y))));
  }

  /** CKA of every pair, one row per representation of the first list; NaN as in `linearCka`. */
  get values(): number[][] {
    const [own, other] = this.#own;
    return this.#cross.map((row, i) =>
      Array.from(row, (cross, j) => alignment(cross, own[i], other[j])),
    );
  }

  #checkCounts(a: number, b: number): void {
    const [rows, columns] = this.#own;
    if (a === rows.length && b === columns.length) return;
    throw new InputError(
      `MinibatchCka.add: expected ${rows.length} and ${columns.length} representations, got ${a} and ${b}`,
    );
  }
}
