import type { Severity } from '../inspect/doctor/diagnostic.ts';
import type { RunLines } from './runLines.ts';

/** What is said of a run, or of a part of it. */
export interface Judgement {
  readonly verdict: Severity;
  readonly sentence: string;
}

/**
 * What the curves of a run say: whether it learns, and whether what it learns holds for other data.
 *
 * @param classes guessing among them costs ln classes.
 * @param dead the share of the last hidden units that give all samples the same.
 */
export function judgeRun(
  { epochs, steps, failure }: RunLines,
  classes: number,
  dead = 0,
): Judgement {
  const last = epochs.at(-1);
  const slower = 'Take a tenth of the learning rate, or let it rise in the first steps.';
  if (failure !== undefined) {
    return /^non-finite/.test(failure)
      ? bad(`It diverged: ${failure}. The learning rate of ${rate(steps)} is too high. ${slower}`)
      : bad(`It broke off: ${failure}.`);
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
  // A start with scores that are far apart is no jump.
  const jumped = peak.loss > 3 * Math.max(chance, steps.at(0)?.loss ?? Infinity);
  if (!(train.loss < 0.95 * chance)) {
    const units = dead > 0.5 ? `${Math.round(100 * dead)} % of the hidden units are dead` : '';
    const guess = `a loss of ${train.loss.toFixed(3)} where guessing gives ${chance.toFixed(3)}`;
    if (jumped) {
      const jump = `in step ${peak.step} the loss jumped to ${brief(peak.loss)}`;
      const after = units === '' ? '' : `, and now ${units}`;
      return bad(
        `It learns nothing, ${guess}: the learning rate of ${rate(steps)} is too high; ${jump}${after}. ${slower}`,
      );
    }
    if (units !== '') {
      return bad(
        `It learns nothing, ${guess}: ${units}, and no gradient comes through them. Draw the weights with He’s ` +
          'initialization and start biases at 0, or take leaky units.',
      );
    }
    if (train.loss < 0.95 * epochs[0].train.loss) {
      return {
        verdict: 'warning',
        sentence: `It has hardly begun to learn, ${guess}. Train for longer.`,
      };
    }
    return bad(
      `It learns nothing, ${guess}. Look at the size of the gradients and updates below, and ask boxprop doctor.`,
    );
  }
  const best = epochs.reduce((a, b) => (b.validation.loss < a.validation.loss ? b : a));
  const least = epochs.reduce((a, b) => (b.train.loss < a.train.loss ? b : a));
  if (train.loss > 1.3 * least.train.loss) {
    const rise = `the training loss was ${brief(least.train.loss)} in epoch ${least.epoch} and is ${brief(train.loss)} now`;
    return bad(
      `It gets worse again: ${rise}. The learning rate of ${rate(steps)} is too high. ${slower}`,
    );
  }
  const gap = validation.errorRate - train.errorRate;
  const rose = validation.loss > 1.2 * best.validation.loss && gap > 0.5 * train.errorRate;
  if (rose || gap > 0.05 + train.errorRate) {
    const how = rose
      ? `since epoch ${best.epoch} the held-out loss has risen from ${brief(best.validation.loss)} to ${brief(validation.loss)}`
      : 'what it knows by heart does not hold for other data';
    return {
      verdict: 'warning',
      sentence: `It overfits: ${how}; ${errors}. More data, augmentation, weight decay or dropout help, or stopping earlier.`,
    };
  }
  if (jumped) {
    return {
      verdict: 'warning',
      sentence: `It learns, ${errors}, but in step ${peak.step} the loss jumped to ${brief(peak.loss)}: a smaller learning rate is safer.`,
    };
  }
  return {
    verdict: 'good',
    sentence: `It learns, and what it learns holds for other data: ${errors}.`,
  };
}

const bad = (sentence: string): Judgement => ({ verdict: 'bad', sentence });

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

const brief = (value: number) => String(Number(value.toPrecision(3)));

/** The largest of the run. */
function rate(steps: RunLines['steps']): string {
  return brief(steps.reduce((most, { learningRate }) => Math.max(most, learningRate), 0));
}
