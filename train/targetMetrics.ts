import type { TargetInfo } from '../data/targets.ts';
import type { Group } from '../lib/group.ts';
import { ClassificationMetrics } from './classificationMetrics.ts';

/**
 * The metrics of a network on targets other than one label per example, by name:
 *
 *   numbers   meanAbsoluteError, meanSquaredError: over all elements
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
  /** The sums. Those of labels are the confusion matrix, and a last count of NaN scores. */
  readonly sums: Float64Array;

  constructor(info: TargetInfo) {
    this.#info = info;
    const { kind, classes = 0 } = info;
    this.sums = new Float64Array(kind === 'labels' ? classes ** 2 + 1 : 4);
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
    const [first, second, elements, examples] = this.sums;
    const { kind } = this.#info;
    if (kind === 'labels') return this.#labelValues();
    return kind === 'answers'
      ? { errorRate: first / elements, exampleErrorRate: second / examples }
      : { meanAbsoluteError: first / elements, meanSquaredError: second / elements };
  }

  #addNumbers(output: ArrayLike<number>, target: ArrayLike<number>): void {
    for (let i = 0; i < target.length; i++) {
      const difference = output[i] - target[i];
      this.sums[0] += Math.abs(difference);
      this.sums[1] += difference ** 2;
    }
    this.sums[2] += target.length;
  }

  #addAnswers(output: ArrayLike<number>, target: ArrayLike<number>, examples: number): void {
    const size = target.length / examples;
    for (let n = 0; n < examples; n++) {
      let wrong = 0;
      for (let i = n * size; i < (n + 1) * size; i++) {
        const isRight = target[i] >= 0.5 ? output[i] > 0 : output[i] <= 0;
        if (!isRight) wrong++;
      }
      this.sums[0] += wrong;
      if (wrong > 0) this.sums[1]++;
    }
    this.sums[2] += target.length;
    this.sums[3] += examples;
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
