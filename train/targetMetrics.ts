import type { TargetInfo } from '../data/targets.ts';
import type { Group } from '../lib/group.ts';
import { ClassificationMetrics } from './classificationMetrics.ts';

/**
 * The metrics of a network on targets other than one label per example, by name:
 *
 *   numbers   meanAbsoluteError, meanSquaredError: over all elements;
 *             rSquared: R² = 1 − Σ (output − target)² / Σ (target − mean)², which is 1 for outputs
 *             that are all right, and 0 for the mean of the targets. For targets of shape [k], it
 *             is the mean of the R² of their k numbers, without those that never change
 *   answers   errorRate: the fraction of answers that are wrong, where a score above 0 is a yes;
 *             exampleErrorRate: the fraction of examples with a wrong answer
 *   labels    errorRate: the fraction of positions whose label does not have the largest score;
 *             meanIoU: the mean over the classes of |label ∩ answer| / |label ∪ answer|
 *
 * Positions with the `ignoreIndex` are not counted. A metric over nothing is NaN.
 */
export type TargetMetricValues = Readonly<Record<string, number>>;

/** Sums the metrics of a network on targets, batch by batch. */
export class TargetMetrics {
  readonly #info: TargetInfo;
  /**
   * The number of parts of a target that are measured apart: k for numbers and answers of shape
   * [k], and otherwise 1.
   */
  readonly #parts: number;
  /**
   * The sums. Those of numbers are Σ |d|, Σ d², Σ y and Σ y² of each part, and the number of
   * targets per part. Those of answers are the wrong ones of each part, the examples with a wrong
   * one, all answers, and all examples. Those of labels are the confusion matrix, and a last count
   * of NaN scores.
   */
  readonly sums: Float64Array;

  constructor(info: TargetInfo) {
    this.#info = info;
    const { kind, shape, classes = 0 } = info;
    this.#parts = shape.length === 1 && kind !== 'labels' ? shape[0] : 1;
    const sizes = { numbers: 4 * this.#parts + 1, answers: this.#parts + 3 };
    this.sums = new Float64Array(kind === 'labels' ? classes ** 2 + 1 : sizes[kind]);
  }

  /** The kind of the targets. */
  get kind(): TargetInfo['kind'] {
    return this.#info.kind;
  }

  /** Adds a batch of outputs and targets, in row-major order. */
  add(output: ArrayLike<number>, target: ArrayLike<number>, examples: number): void {
    if (this.#info.kind === 'labels') this.#addLabels(output, target);
    else if (this.#info.kind === 'answers') this.#addAnswers(output, target, examples);
    else this.#addNumbers(output, target);
  }

  /** Adds the sums of all ranks of a group. */
  merge(group: Group): void {
    group.sum(this.sums);
  }

  /** The metrics of all batches so far. */
  get values(): TargetMetricValues {
    const { kind } = this.#info;
    if (kind === 'labels') return this.#labelValues();
    const each = this.each;
    const mean = (name: string) => average(each.map((one) => one[name]));
    if (kind === 'answers') {
      const [wrong, , examples] = this.sums.subarray(this.#parts);
      return { errorRate: mean('errorRate'), exampleErrorRate: wrong / examples };
    }
    const known = each.flatMap(({ rSquared }) => (Number.isNaN(rSquared) ? [] : [rSquared]));
    return {
      meanAbsoluteError: mean('meanAbsoluteError'),
      meanSquaredError: mean('meanSquaredError'),
      rSquared: average(known),
    };
  }

  /**
   * The metrics of each part: of each number or answer of targets of shape [k]. The list is empty
   * for labels.
   */
  get each(): readonly TargetMetricValues[] {
    const { kind } = this.#info;
    if (kind === 'labels') return [];
    const parts = Array.from({ length: this.#parts }, (_, part) => part);
    if (kind === 'answers') {
      const answers = this.sums[this.#parts + 1] / this.#parts;
      return parts.map((part) => ({ errorRate: this.sums[part] / answers }));
    }
    const count = this.sums[4 * this.#parts];
    return parts.map((part) => {
      const [absolute, squares, total, ofSquares] = this.sums.subarray(4 * part);
      const deviations = Math.max(0, ofSquares - total ** 2 / count);
      return {
        meanAbsoluteError: absolute / count,
        meanSquaredError: squares / count,
        // Rounding leaves a little of targets that never change.
        rSquared: deviations > 1e-12 * ofSquares ? 1 - squares / deviations : NaN,
      };
    });
  }

  #addNumbers(output: ArrayLike<number>, target: ArrayLike<number>): void {
    for (let i = 0; i < target.length; i++) {
      const difference = output[i] - target[i];
      const at = 4 * (i % this.#parts);
      this.sums[at] += Math.abs(difference);
      this.sums[at + 1] += difference ** 2;
      this.sums[at + 2] += target[i];
      this.sums[at + 3] += target[i] ** 2;
    }
    this.sums[4 * this.#parts] += target.length / this.#parts;
  }

  #addAnswers(output: ArrayLike<number>, target: ArrayLike<number>, examples: number): void {
    const size = target.length / examples;
    const parts = this.#parts;
    for (let n = 0; n < examples; n++) {
      let wrong = 0;
      for (let i = n * size; i < (n + 1) * size; i++) {
        if (target[i] >= 0.5 ? output[i] > 0 : output[i] <= 0) continue;
        wrong++;
        this.sums[i % parts]++;
      }
      if (wrong > 0) this.sums[parts]++;
    }
    this.sums[parts + 1] += target.length;
    this.sums[parts + 2] += examples;
  }

  #addLabels(output: ArrayLike<number>, target: ArrayLike<number>): void {
    const { classes = 0, ignoreIndex } = this.#info;
    const metrics = new ClassificationMetrics(classes, ignoreIndex);
    metrics.add(output, target);
    const confusion = metrics.confusion.flat();
    let counted = 0;
    confusion.forEach((count, i) => {
      this.sums[i] += count;
      counted += count;
    });
    this.sums[confusion.length] += metrics.examples - counted;
  }

  #labelValues(): TargetMetricValues {
    const { classes = 0 } = this.#info;
    let [total, right, shares, present] = [this.sums[classes ** 2], 0, 0, 0];
    for (let k = 0; k < classes; k++) {
      let union = -this.sums[k * classes + k];
      for (let j = 0; j < classes; j++) {
        total += this.sums[k * classes + j];
        union += this.sums[k * classes + j] + this.sums[j * classes + k];
      }
      right += this.sums[k * classes + k];
      if (union > 0) [shares, present] = [shares + this.sums[k * classes + k] / union, present + 1];
    }
    return { errorRate: (total - right) / total, meanIoU: shares / present };
  }
}

function average(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
