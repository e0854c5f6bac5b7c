import { checkNumber, checkOptions, checkPositive, checkSize } from '../lib/check.ts';

/**
 * Scales a schedule by a factor that depends on a metric, which is observed after each epoch.
 * `ReduceOnPlateau` is an example.
 */
export interface MetricScheduler {
  /** The factor by which the scheduled learning rate is multiplied. */
  readonly scale: number;
  /**
   * Observes the loss of an epoch. It is the validation loss, or the training loss if there is no
   * validation set.
   */
  step(metric: number): void;
  /** Returns the state as JSON, for a checkpoint. */
  state(): Readonly<Record<string, number>>;
  /** Continues from a saved state. */
  restore(state: Readonly<Record<string, number>>): void;
}

/** The options of `ReduceOnPlateau`. */
export interface ReduceOnPlateauOptions {
  /** The factor by which the learning rate is multiplied on a plateau; 0.1 by default. */
  readonly factor?: number;
  /** The number of epochs without an improvement that are tolerated, 10 by default. */
  readonly patience?: number;
  /**
   * The fraction by which a metric must be below the best value to count as an improvement; 1e-4 by
   * default.
   */
  readonly threshold?: number;
}

/**
 * Multiplies the learning rate by `factor` when a metric has not improved for more than `patience`
 * epochs.
 *
 * Errors: a factor that is not above 0; a negative patience or threshold; an unknown option; a
 *         state of another scheduler.
 * Source: PyTorch's ReduceLROnPlateau, mode min, threshold rel, no cooldown.
 *
 *     const rates = { schedule: constantRate(0.1), plateau: new ReduceOnPlateau({ patience: 2 }) };
 *     await new Trainer({ ...options, ...rates }).run();
 */
export class ReduceOnPlateau implements MetricScheduler {
  /** The factor by which the learning rate is multiplied on a plateau. */
  readonly factor: number;
  /** The number of epochs without an improvement that are tolerated. */
  readonly patience: number;
  /** The fraction by which a metric must be below the best value to count as an improvement. */
  readonly threshold: number;
  #scale = 1;
  #best = Infinity;
  #bad = 0;

  constructor(options: ReduceOnPlateauOptions = {}) {
    checkOptions(this, options, ['factor', 'patience', 'threshold']);
    const { factor = 0.1, patience = 10, threshold = 1e-4 } = options;
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
    // JSON has no infinity, so `best` is omitted until a metric has been observed.
    return {
      scale: this.#scale,
      bad: this.#bad,
      ...(this.#best < Infinity && { best: this.#best }),
    };
  }

  restore(state: Readonly<Record<string, number>>): void {
    checkOptions('ReduceOnPlateau.restore', state, ['scale', 'bad', 'best']);
    const { scale, bad, best } = state;
    checkPositive(this, "the state's scale", scale);
    checkSize(this, "the state's bad", bad, 0);
    if (best !== undefined) checkNumber(this, "the state's best", best);
    this.#scale = scale;
    this.#bad = bad;
    this.#best = best ?? Infinity;
  }
}
