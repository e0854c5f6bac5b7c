import type { Judgement } from './judgeRun.ts';

/** The outputs of the hidden units of a box, with statistics and a verdict. */
export interface HiddenUnits extends Judgement {
  /** The name of the box. */
  readonly box: string;
  /** The number of examples. */
  readonly examples: number;
  /** The number of units. */
  readonly units: number;
  /** The outputs, [examples, units]. */
  readonly values: Float32Array;
  /**
   * For each unit that is not dead, the fraction of examples for which it is near 0; this is the
   * average over these units.
   */
  readonly sparsityAcrossExamples: number;
  /**
   * For each example, the fraction of units that are near 0; this is the average over the examples.
   */
  readonly sparsityAcrossUnits: number;
  /** The mean of |correlation| over pairs of units that are not dead, of the first 256 such. */
  readonly correlation: number;
  /** The correlations of these units, in rows: ρ_ij is at i · √length + j. */
  readonly correlations: Float32Array;
  /** The fraction of units that have the same output for all examples. */
  readonly dead: number;
}

/**
 * An output is near 0 if its magnitude is at most this fraction of the unit's largest magnitude.
 */
const NEAR = 0.05;

/**
 * Judges hidden units by the lecture's criteria. After good training they are sparse across
 * examples and across units. After bad training many of them do not depend on the input, or are
 * strongly correlated.
 *
 * @param values [examples, units].
 * @param deadUnits the number of units that have the same output for all examples. By default it is
 *   determined from `values`; pass it if `values` contains only a part of each unit's outputs.
 * Source: lecture, "Other things good to know"; LeCun & Ranzato, ICML 2013 tutorial.
 */
export function hiddenUnits(
  box: string,
  values: Float32Array,
  examples: number,
  deadUnits?: number,
): HiddenUnits {
  const units = values.length / examples;
  const columns = Array.from({ length: units }, (_, unit) =>
    Float32Array.from({ length: examples }, (_, example) => values[example * units + unit]),
  );
  const most = largest(values);
  const alive = columns.filter((column) =>
    column.some((value) => Math.abs(value - column[0]) > 1e-6 * most),
  );
  const quiet = columns.map((column) => {
    const near = NEAR * largest(column);
    return column.reduce((count, value) => count + (Math.abs(value) <= near ? 1 : 0), 0) / examples;
  });
  const sparsityAcrossExamples = mean(quiet.filter((_, unit) => alive.includes(columns[unit])));
  const sparsityAcrossUnits = mean(quiet);
  const { correlations, correlation } = correlate(alive);
  const ignoring = deadUnits ?? units - alive.length;
  const dead = ignoring / units;
  const positive = values.every((value) => value >= 0);
  const verdict =
    dead > 0.5 || correlation > 0.5
      ? 'bad'
      : dead > 0.2 || correlation > 0.35 || (positive && sparsityAcrossExamples < 0.2)
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
      : `; ${dead === 0 ? 'they' : 'the others'} are near 0 for ${percent(sparsityAcrossExamples)} of the examples, and ` +
        `their mean correlation is ${correlation.toFixed(2)}`;
  const ignore =
    ignoring === units
      ? `all ${units} units ignore the input: each gives one output, whatever the example`
      : ignoring === 0
        ? 'no unit ignores the input'
        : `${ignoring} of ${units} units ${ignoring === 1 ? 'ignores' : 'ignore'} the input`;
  return {
    box,
    examples,
    units,
    values,
    sparsityAcrossExamples,
    sparsityAcrossUnits,
    correlation,
    correlations,
    dead,
    verdict,
    sentence: `${start[verdict]} in ${box}: ${ignore}${others}.`,
  };
}

/**
 * Formats a fraction as a percentage. `few` is the text for a fraction that is above 0 and below 1
 * %.
 */
export function percent(share: number, few = 'less than 1 %'): string {
  return share > 0 && share < 0.01 ? few : `${Math.round(100 * share)} %`;
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Computes the correlations of the first 256 units, and the mean of their magnitudes over pairs of
 * different units:
 *
 *   ρ_ij = Σ_n (x_ni − x̄_i)(x_nj − x̄_j) / √(Σ_n (x_ni − x̄_i)² · Σ_n (x_nj − x̄_j)²)
 */
function correlate(columns: readonly Float32Array[]) {
  const directions = columns.slice(0, 256).map((column) => {
    const centre = column.reduce((sum, value) => sum + value, 0) / column.length;
    const off = column.map((value) => value - centre);
    const length = Math.hypot(...off);
    return off.map((value) => value / length);
  });
  const rows = directions.map((a) =>
    directions.map((b) => a.reduce((sum, value, k) => sum + value * b[k], 0)),
  );
  const pairs = rows.flatMap((row, i) => row.slice(0, i).map(Math.abs));
  return { correlations: Float32Array.from(rows.flat()), correlation: mean(pairs) };
}
