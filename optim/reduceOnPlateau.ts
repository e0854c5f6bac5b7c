import { checkNumber, checkPositive, checkSize } from '../lib/check.ts';

/** A schedule that follows a metric; `ReduceOnPlateau` is one. */
export interface MetricScheduler {
  /** What the scheduled learning rate is multiplied by. */
  readonly scale: number;
  /** Takes the loss of an epoch: the validation loss, if there is a validation set. */
  step(metric: number): void;
  state(): Readonly<Record<string, number>>;
  restore(state: Readonly<Record<string, number>>): void;
}

/** The options of `ReduceOnPlateau`. */
export interface ReduceOnPlateauOptions {
  /** What the learning rate is multiplied by on a plateau, 0.1 by default. */
  readonly factor?: number;
  /** The number of epochs without an improvement that are tolerated, 10 by default. */
  readonly patience?: number;
  /** The fraction by which a metric must fall below the best to count as an improvement, 1e-4. */
  readonly threshold?: number;
}

/**
 * Multiplies the learning rate by `factor` when a metric has not improved for more than `patience`
 * epochs.
 *
 * Errors: a factor that is not above 0; a negative patience or threshold.
 * Source: PyTorch's ReduceLROnPlateau, mode min, threshold rel, no cooldown.
 *
 *     const plateau = new ReduceOnPlateau({ patience: 2 });
 *     await new Trainer({ network, cost, optimizer, train, plateau, ... }).run();
 */
export class ReduceOnPlateau implements MetricScheduler {
  readonly factor: number;
  readonly patience: number;
  readonly threshold: number;
  #scale = 1;
  #best = Infinity;
  #bad = 0;

  constructor({ factor = 0.1, patience = 10, threshold = 1e-4 }: ReduceOnPlateauOptions = {}) {
    checkPositive(this, 'factor', factor);
    checkSize(this, 'patience', patience, 0);
    checkNumber(this, 'threshold', threshold, 0);
    this.factor = factor;
    this.patience = patience;
    this.threshold = threshold;
  }

  get scale(): number {
    return this.#scale;
  }

  step(metric: number): void {
    if (metric < this.#best * (1 - this.threshold)) {
      this.#best = metric;
      this.#bad = 0;
    } else if (++this.#bad > this.patience) {
      this.#scale *= this.factor;
      this.#bad = 0;
    }
  }

  state(): Record<string, number> {
    // JSON has no infinity, so a scheduler that has seen no metric leaves `best` out.
    return {
      scale: this.#scale,
      bad: this.#bad,
      ...(this.#best < Infinity && { best: this.#best }),
    };
  }

  restore({ scale, bad, best = Infinity }: Readonly<Record<string, number>>): void {
    this.#scale = scale;
    this.#bad = bad;
    this.#best = best;
  }
}
