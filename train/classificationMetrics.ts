/**
 * Counts how well scores fit labels. The answer is the class with the largest score; among equal scores the first class
 * wins. A score that is NaN is an error, and makes no answer.
 */
export class ClassificationMetrics {
  readonly classes: number;
  examples = 0;
  /** Records whose label is not the answer. */
  errors = 0;
  /** Records whose label is not among the five largest scores. */
  top5Errors = 0;
  /** `confusion[label][answer]` */
  readonly confusion: number[][];

  constructor(classes: number) {
    this.classes = classes;
    this.confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  }

  /** @param scores [records, classes], row after row. */
  add(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
    const { classes } = this;
    for (let n = 0; n < labels.length; n++) {
      const at = n * classes;
      const own = scores[at + labels[n]];
      let answer = 0;
      let ahead = 0;
      let clear = true;
      for (let k = 0; k < classes; k++) {
        const score = scores[at + k];
        clear &&= !Number.isNaN(score);
        if (score > scores[at + answer]) answer = k;
        if (k < labels[n] ? score >= own : score > own) ahead++;
      }
      this.examples++;
      if (!clear || ahead > 0) this.errors++;
      if (!clear || ahead > 4) this.top5Errors++;
      if (clear) this.confusion[labels[n]][answer]++;
    }
  }
}
