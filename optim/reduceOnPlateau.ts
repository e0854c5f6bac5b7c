import { checkNumber, checkPositive, checkSize } from '../lib/check.ts';
import type { Plateau } from '../train/trainer.ts';

export interface ReduceOnPlateauOptions {
  /** What the rate is multiplied by, 0.1 by default. */
  readonly by?: number;
  /** Epochs without an improvement that are put up with, 10 by default. */
  readonly patience?: number;
  /** The share by which a figure must be smaller than the best to be an improvement, 1e-4 by default. */
  readonly threshold?: number;
}

/**
 * Makes the rate smaller once a figure has not improved in more than `patience` epochs.
 *
 * Source: PyTorch's ReduceLROnPlateau, mode min, threshold rel, no cooldown.
 */
export class ReduceOnPlateau implements Plateau {
  readonly by: number;
  readonly patience: number;
  readonly threshold: number;
  #factor = 1;
  #best = Infinity;
  #bad = 0;

  constructor({ by = 0.1, patience = 10, threshold = 1e-4 }: ReduceOnPlateauOptions = {}) {
    checkPositive(this, 'by', by);
    checkSize(this, 'patience', patience, 0);
    checkNumber(this, 'threshold', threshold, 0);
    this.by = by;
    this.patience = patience;
    this.threshold = threshold;
  }

  get factor(): number {
    return this.#factor;
  }

  observe(figure: number): void {
    if (figure < this.#best * (1 - this.threshold)) {
      this.#best = figure;
      this.#bad = 0;
    } else if (++this.#bad > this.patience) {
      this.#factor *= this.by;
      this.#bad = 0;
    }
  }

  state(): Record<string, number> {
    // JSON has no infinity: before the first figure there is no best.
    return {
      factor: this.#factor,
      bad: this.#bad,
      ...(this.#best < Infinity && { best: this.#best }),
    };
  }

  restore({ factor, bad, best = Infinity }: Readonly<Record<string, number>>): void {
    this.#factor = factor;
    this.#bad = bad;
    this.#best = best;
  }
}
