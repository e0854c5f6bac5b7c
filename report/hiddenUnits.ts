import type { Judgement } from './judgeRun.ts';

/** The answers of hidden units to samples, and what they tell. */
export interface HiddenUnits extends Judgement {
  readonly box: string;
  readonly samples: number;
  readonly units: number;
  /** [samples, units] */
  readonly values: Float32Array;
  /** The mean, over the units that answer, of the share of samples that leave them near 0. */
  readonly sparsityAcrossSamples: number;
  /** The mean over the samples of the share of units near 0. */
  readonly sparsityAcrossUnits: number;
  /** The mean of |correlation| over pairs of units that answer. */
  readonly correlation: number;
  /** The share of units that give all samples the same. */
  readonly dead: number;
}

/** Below this share of its largest answer a unit is near 0. */
const NEAR = 0.05;

/**
 * The lecture's picture of good and bad training: in good training hidden units are sparse across samples and across
 * features; in bad training many ignore the input, or exhibit strong correlations.
 *
 * @param values [samples, units].
 * @param ignoring how many units give all samples the same, where `values` does not show all that they give.
 * Source: lecture, "Other things good to know"; LeCun & Ranzato, ICML 2013 tutorial.
 */
export function hiddenUnits(
  box: string,
  values: Float32Array,
  samples: number,
  ignoring?: number,
): HiddenUnits {
  const units = values.length / samples;
  const columns = Array.from({ length: units }, (_, unit) =>
    Float32Array.from({ length: samples }, (_, sample) => values[sample * units + unit]),
  );
  const most = largest(values);
  const alive = columns.filter((column) =>
    column.some((value) => Math.abs(value - column[0]) > 1e-6 * most),
  );
  const quiet = columns.map((column) => {
    const near = NEAR * largest(column);
    return column.reduce((count, value) => count + (Math.abs(value) <= near ? 1 : 0), 0) / samples;
  });
  const sparsityAcrossSamples = mean(quiet.filter((_, unit) => alive.includes(columns[unit])));
  const sparsityAcrossUnits = mean(quiet);
  const correlation = meanCorrelation(alive);
  const dead = (ignoring ?? units - alive.length) / units;
  const positive = values.every((value) => value >= 0);
  const verdict =
    dead > 0.5 || correlation > 0.5
      ? 'bad'
      : dead > 0.2 || correlation > 0.35 || (positive && sparsityAcrossSamples < 0.2)
        ? 'warning'
        : 'good';
  const start = {
    good: 'Good training',
    warning: 'Neither good nor bad training',
    bad: 'Bad training',
  };
  const others =
    alive.length === 0
      ? ''
      : `; ${dead === 0 ? 'they' : 'the others'} are near 0 for ${percent(sparsityAcrossSamples)} of the samples, and ` +
        `correlate by ${correlation.toFixed(2)} in the mean`;
  const ignore =
    dead === 0 ? 'no unit ignores the input' : `${percent(dead)} of the units ignore the input`;
  return {
    box,
    samples,
    units,
    values,
    sparsityAcrossSamples,
    sparsityAcrossUnits,
    correlation,
    dead,
    verdict,
    sentence: `${start[verdict]} in ${box}: ${ignore}${others}.`,
  };
}

/** A few are not none, which `few` says of them. */
export function percent(share: number, few = 'less than 1 %'): string {
  return share > 0 && share < 0.01 ? few : `${Math.round(100 * share)} %`;
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the first 256. */
function meanCorrelation(columns: readonly Float32Array[]): number {
  const directions = columns.slice(0, 256).map((column) => {
    const centre = column.reduce((sum, value) => sum + value, 0) / column.length;
    const off = column.map((value) => value - centre);
    const length = Math.hypot(...off);
    return off.map((value) => value / length);
  });
  const all = directions.flatMap((a, i) =>
    directions.slice(0, i).map((b) => Math.abs(a.reduce((sum, value, k) => sum + value * b[k], 0))),
  );
  return mean(all);
}
