import type { Verdict } from '../doctor/finding.ts';

/** The answers of hidden units to samples, [samples, units], and what they tell. */
export interface HiddenUnits {
  readonly box: string;
  readonly samples: number;
  readonly units: number;
  readonly values: Float32Array;
  /** The mean over the units that answer of the share of samples that leave them near 0. */
  readonly sparsityAcrossSamples: number;
  /** The mean over the samples of the share of units near 0. */
  readonly sparsityAcrossUnits: number;
  /** The mean of |correlation| over pairs of units that answer. */
  readonly correlation: number;
  /** The share of units that give all samples the same. */
  readonly dead: number;
  readonly verdict: Verdict;
  readonly sentence: string;
}

/**
 * The lecture's picture of good and bad training: in good training hidden units are sparse across samples and across
 * features; in bad training many ignore the input, or exhibit strong correlations.
 *
 * Source: lecture, "Visualize features"; LeCun & Ranzato, ICML 2013 tutorial.
 */
export function hiddenUnits(box: string, values: Float32Array, samples: number): HiddenUnits {
  const units = values.length / samples;
  const at = (sample: number, unit: number) => values[sample * units + unit];
  const columns = Array.from({ length: units }, (_, unit) =>
    Array.from({ length: samples }, (_, s) => at(s, unit)),
  );
  const most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const near = (value: number) => Math.abs(value) <= 0.05 * most;
  const alive = columns.filter((column) => column.some((value) => Math.abs(value - column[0]) > 1e-6 * most));
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  const sparsityAcrossSamples = share(
    alive.reduce((sum, column) => sum + column.filter(near).length / samples, 0),
    alive.length,
  );
  const sparsityAcrossUnits = values.filter(near).length / values.length;
  const correlation = meanCorrelation(alive);
  const dead = 1 - alive.length / units;
  const bad = dead > 0.5 || correlation > 0.5;
  const verdict = bad ? 'bad' : dead > 0.2 || correlation > 0.35 ? 'warning' : 'good';
  const percent = (value: number) => `${Math.round(100 * value)} %`;
  const figures =
    `${percent(dead)} of the units ignore the input, the others are near 0 for ${percent(sparsityAcrossSamples)} of the ` +
    `samples, and correlate by ${correlation.toFixed(2)} in the mean`;
  const start = { good: 'Good training', warning: 'Neither good nor bad training', bad: 'Bad training' }[
    verdict
  ];
  const sentence = `${start}: ${figures}.`;
  return {
    ...{ box, samples, units, values, sparsityAcrossSamples, sparsityAcrossUnits },
    ...{ correlation, dead, verdict, sentence },
  };
}

function meanCorrelation(columns: readonly (readonly number[])[]): number {
  const centred = columns.map((column) => {
    const mean = column.reduce((a, b) => a + b, 0) / column.length;
    const off = column.map((value) => value - mean);
    const length = Math.sqrt(off.reduce((sum, value) => sum + value ** 2, 0));
    return off.map((value) => value / length);
  });
  let [sum, pairs] = [0, 0];
  for (let i = 0; i < centred.length; i++) {
    for (let j = 0; j < i; j++) {
      sum += Math.abs(centred[i].reduce((total, value, k) => total + value * centred[j][k], 0));
      pairs++;
    }
  }
  return pairs === 0 ? 0 : sum / pairs;
}
