import type { Severity } from '../inspect/doctor/diagnostic.ts';
import type { RunLines } from './runLines.ts';

/** The verdict on a run, or on a part of it. */
export interface Judgement {
  /** The severity of the verdict: good, a warning, or bad. */
  readonly verdict: Severity;
  /** The reason, with numbers and advice. */
  readonly sentence: string;
}

/**
 * Judges the curves of a run: whether the network learns, and whether it generalizes.
 *
 * @param classes the number of classes. Uniform guessing has a loss of ln(classes).
 * @param dead the fraction of units of the last hidden box that have the same output for all
 *   examples.
 */
export function judgeRun(
  { epochs, steps, failure }: RunLines,
  classes: number,
  dead = 0,
): Judgement {
  const last = epochs.at(-1);
  const slower = 'Use a tenth of the learning rate, or a warm-up.';
  if (failure !== undefined) {
    return /^non-finite/.test(failure)
      ? bad(
          `The run diverged: ${failure}. The learning rate of ${rate(steps)} is too high. ${slower}`,
        )
      : bad(`The run failed: ${failure}.`);
  }
  if (last === undefined) return { verdict: 'warning', sentence: 'No epoch is finished yet.' };
  const { train, validation } = last;
  const errors = `training error ${percent(train.errorRate)}, held-out error ${percent(validation.errorRate)}`;
  const chance = Math.log(classes);
  const peak = steps.reduce((most, step) => (step.loss > most.loss ? step : most), {
    step: 0,
    loss: 0,
    learningRate: 0,
  });
  // A large first loss does not count as a jump if it comes from large initial scores.
  const jumped = peak.loss > 3 * Math.max(chance, steps.at(0)?.loss ?? Infinity);
  if (!(train.loss < 0.95 * chance)) {
    const units = dead > 0.5 ? `${Math.round(100 * dead)} % of the hidden units are dead` : '';
    const guess = `its loss is ${train.loss.toFixed(3)}, and guessing gives ${chance.toFixed(3)}`;
    if (jumped) {
      const jump = `in step ${peak.step} the loss jumped to ${brief(peak.loss)}`;
      const after = units === '' ? '' : `, and now ${units}`;
      return bad(
        `The network does not learn: ${guess}. The learning rate of ${rate(steps)} is too high: ${jump}${after}. ${slower}`,
      );
    }
    if (units !== '') {
      return bad(
        `The network does not learn: ${guess}. ${units}, and no gradient passes through them. Use He initialization and ` +
          'biases of 0, or leaky units.',
      );
    }
    if (train.loss < 0.95 * epochs[0].train.loss) {
      return {
        verdict: 'warning',
        sentence: `The network has hardly begun to learn: ${guess}. Train for longer.`,
      };
    }
    return bad(
      `The network does not learn: ${guess}. Look at the sizes of gradients and updates below, and run boxprop doctor.`,
    );
  }
  const best = epochs.reduce((a, b) => (b.validation.loss < a.validation.loss ? b : a));
  const least = epochs.reduce((a, b) => (b.train.loss < a.train.loss ? b : a));
  if (train.loss > 1.3 * least.train.loss) {
    const rise = `the training loss was ${brief(least.train.loss)} in epoch ${least.epoch} and is ${brief(train.loss)} now`;
    return bad(
      `The training gets worse again: ${rise}. The learning rate of ${rate(steps)} is too high. ${slower}`,
    );
  }
  const gap = validation.errorRate - train.errorRate;
  const rose = validation.loss > 1.2 * best.validation.loss && gap > 0.5 * train.errorRate;
  if (rose || gap > 0.05 + train.errorRate) {
    const how = rose
      ? `since epoch ${best.epoch} the held-out loss has risen from ${brief(best.validation.loss)} to ${brief(validation.loss)}`
      : 'the held-out error is much larger than the training error';
    return {
      verdict: 'warning',
      sentence: `The network overfits: ${how}; ${errors}. More data, augmentation, weight decay, dropout or early stopping help.`,
    };
  }
  if (jumped) {
    return {
      verdict: 'warning',
      sentence: `The network learns (${errors}), but in step ${peak.step} the loss jumped to ${brief(peak.loss)}: a smaller learning rate is safer.`,
    };
  }
  return {
    verdict: 'good',
    sentence: `The network learns and generalizes: ${errors}.`,
  };
}

const bad = (sentence: string): Judgement => ({ verdict: 'bad', sentence });

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

const brief = (value: number) => String(Number(value.toPrecision(3)));

/** Formats the largest learning rate of the run. */
function rate(steps: RunLines['steps']): string {
  return brief(steps.reduce((most, { learningRate }) => Math.max(most, learningRate), 0));
}
