import type { Verdict } from '../doctor/finding.ts';

/** The figures of an epoch that the verdict looks at. */
export interface EpochFigures {
  readonly train: { readonly loss: number; readonly errorRate: number };
  readonly validation: { readonly loss: number; readonly errorRate: number };
}

/** What the curves of a run say: whether it learns, and whether what it learns holds for other data. */
export function judgeCurves(
  epochs: readonly EpochFigures[],
  classes: number,
  failure?: string,
): { verdict: Verdict; sentence: string } {
  if (failure !== undefined) {
    const advice = failure.startsWith('non-finite')
      ? ' Take a smaller learning rate, or clip the gradient.'
      : '';
    return { verdict: 'bad', sentence: `It broke off: ${failure}.${advice}` };
  }
  const last = epochs.at(-1);
  if (last === undefined) return { verdict: 'warning', sentence: 'No epoch is finished yet.' };
  const chance = Math.log(classes);
  const best = epochs.reduce((a, b) => (b.validation.loss < a.validation.loss ? b : a));
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  const errors = `training error ${percent(last.train.errorRate)}, held-out error ${percent(last.validation.errorRate)}`;
  if (!(last.train.loss < 0.95 * chance)) {
    return {
      verdict: 'bad',
      sentence: `It does not learn: a loss of ${last.train.loss.toFixed(3)} where guessing gives ${chance.toFixed(3)}. Take a smaller learning rate, and see whether units are dead.`,
    };
  }
  if (last.train.loss > 1.3 * Math.min(...epochs.map(({ train }) => train.loss))) {
    return { verdict: 'bad', sentence: `The loss rises again: the learning rate is too high (${errors}).` };
  }
  if (
    last.validation.loss > 1.2 * best.validation.loss &&
    last.validation.errorRate > 1.5 * last.train.errorRate
  ) {
    return {
      verdict: 'warning',
      sentence: `It overfits: the held-out loss has risen while the training loss fell (${errors}). More data, augmentation, weight decay or dropout help, or stopping earlier.`,
    };
  }
  return { verdict: 'good', sentence: `It learns, and what it learns holds for other data: ${errors}.` };
}
