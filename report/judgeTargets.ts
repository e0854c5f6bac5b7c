import type { TargetMetricValues } from '../train/targetMetrics.ts';
import type { Judgement } from './judgeRun.ts';
import type { RunLines, TargetFigures } from './runLines.ts';

/** Below this R², a network is hardly better than the mean of the targets. */
const LEAST = 0.05;

/** Judges a run with targets: whether the network learns, and whether it generalizes. */
export function judgeTargets({ epochs, failure }: RunLines<TargetFigures>): Judgement {
  if (failure !== undefined) return { verdict: 'bad', sentence: `The run failed: ${failure}.` };
  const [first, last] = [epochs.at(0), epochs.at(-1)];
  if (first === undefined || last === undefined)
    return { verdict: 'warning', sentence: 'No epoch is finished yet.' };
  const { train, validation } = last;
  const figures = `training ${words(train.metrics)}, held out ${words(validation.metrics)}`;
  const learns =
    train.metrics.rSquared === undefined
      ? epochs.length === 1 || train.loss < 0.95 * first.train.loss
      : train.metrics.rSquared > LEAST;
  if (!learns) {
    const why =
      train.metrics.rSquared === undefined
        ? `its loss was ${train.loss.toFixed(4)} in the last epoch and ${first.train.loss.toFixed(4)} in the first`
        : 'it predicts little better than the mean of the targets';
    return {
      verdict: 'bad',
      sentence: `The network does not learn: ${why} (${figures}). Train for longer, or with another learning rate.`,
    };
  }
  if (Number.isNaN(score(validation.metrics))) {
    return {
      verdict: 'warning',
      sentence: `The network learns; whether it generalizes is unknown, because the held-out targets are all the same (${figures}). Hold out more examples.`,
    };
  }
  const gap = score(train.metrics) - score(validation.metrics);
  if (gap > 0.1 + 0.5 * (1 - score(train.metrics))) {
    return {
      verdict: 'warning',
      sentence: `The network overfits: ${figures}. More data, weight decay, dropout or early stopping help.`,
    };
  }
  return { verdict: 'good', sentence: `The network learns and generalizes: ${figures}.` };
}

/** Returns R², or the fraction of right answers: 1 is the best. */
function score({ rSquared, errorRate }: TargetMetricValues): number {
  return rSquared ?? 1 - errorRate;
}

function words({ rSquared, errorRate }: TargetMetricValues): string {
  return rSquared === undefined
    ? `error ${(100 * errorRate).toFixed(2)} %`
    : `R² ${Number.isNaN(rSquared) ? '–' : rSquared.toFixed(3)}`;
}
