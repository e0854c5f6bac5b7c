import type { Group } from '../lib/group.ts';

/**
 * Counts the errors of a classifier, batch by batch. The classifier's answer is the class with the
 * largest score, or the first such class if several scores are equal. An example with a NaN score
 * counts as an error and has no answer.
 *
 * Shapes: scores [examples, classes], in row-major order; one label per example.
 *
 *     const metrics = new ClassificationMetrics(10);
 *     metrics.add(await scores.data(), await labels.data());
 */
export class ClassificationMetrics {
  /** The number of classes. */
  readonly classes: number;
  /** The number of examples that have been counted. */
  examples = 0;
  /** The number of examples for which the answer is not the label. */
  errors = 0;
  /**
   * The number of examples for which the label is not among the classes with the five largest
   * scores.
   */
  top5Errors = 0;
  /** `confusion[label][answer]` is the number of examples with this label and this answer. */
  readonly confusion: number[][];

  readonly #ignoreIndex: number | undefined;

  /** @param ignoreIndex the label of examples that are not counted. */
  constructor(classes: number, ignoreIndex?: number) {
    this.classes = classes;
    this.#ignoreIndex = ignoreIndex;
    this.confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  }

  /** Adds the counts of all ranks of a group. */
  merge(group: Group): void {
    const { classes } = this;
    const counts = Float64Array.of(this.examples, this.errors, this.top5Errors);
    const all = Float64Array.from([...counts, ...this.confusion.flat()]);
    group.sum(all);
    [this.examples, this.errors, this.top5Errors] = all;
    this.confusion.forEach((row, label) => {
      for (let answer = 0; answer < classes; answer++)
        row[answer] = all[counts.length + label * classes + answer];
    });
  }

  /** Counts a batch. */
  add(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
    const { classes } = this;
    for (let n = 0; n < labels.length; n++) {
      if (labels[n] === this.#ignoreIndex) continue;
      const row = n * classes;
      const labelScore = scores[row + labels[n]];
      let answer = 0;
      let ahead = 0;
      let clear = true;
      for (let k = 0; k < classes; k++) {
        const score = scores[row + k];
        clear &&= !Number.isNaN(score);
        if (score > scores[row + answer]) answer = k;
        if (k < labels[n] ? score >= labelScore : score > labelScore) ahead++;
      }
      this.examples++;
      if (!clear || ahead > 0) this.errors++;
      if (!clear || ahead > 4) this.top5Errors++;
      if (clear) this.confusion[labels[n]][answer]++;
    }
  }
}
