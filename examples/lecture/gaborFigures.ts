import { estimate, median } from '../../lib/estimate.ts';
import { gaborTuning } from '../../inspect/gabor/gaborTuning.ts';
import { residualTest } from '../../inspect/gabor/residualTest.ts';
import { chart } from '../../report/charts.ts';
import { gaborFits, residualOf, type FilterFit } from '../../report/gaborFits.ts';
import { frequencyHistogram, orientationHistogram } from '../../report/gaborHistograms.ts';
import { amplitudesOf } from '../../report/gaborSection.ts';
import { tiles, type Picture } from '../../report/pictures.ts';

/** Two trainings that started from the same random weights. */
export interface TrainedPair {
  /** The seed of the random weights. */
  readonly seed: number;
  /** The test errors of both trainings, in percent. */
  readonly errors: readonly number[];
  /** The variance of the noise in each weight. */
  readonly noise: number;
  /** The filters of the first training, 9x9 values each. */
  readonly filters: readonly (readonly number[])[];
}

/** A mean over the pairs, and its standard error. */
type Mean = readonly [mean: number, standardError: number];

/** The shares of noise in Σ f² at which the filters are tested, in percent. */
const SHARES = Array.from({ length: 31 }, (_, k) => 2 * k);

/** The variance of the random weights of `glorotUniform`: 81 inputs and 16 · 81 outputs. */
const INITIAL = 2 / (81 + 16 * 81);

/** The side of a filter, the factor by which it is enlarged, and the number of them drawn. */
const [SIDE, FACTOR, DRAWN] = [9, 8, 8];

/**
 * Draws the figures of docs/lecture/human-and-machine.md, by the names of their files, and computes
 * the numbers in it.
 */
export async function gaborFigures(pairs: readonly TrainedPair[]) {
  const fits: (readonly FilterFit[])[] = [];
  for (const { filters } of pairs) {
    const square = { height: SIDE, width: SIDE, channels: 1 };
    const found = await gaborFits(filters.map((values) => ({ ...square, values })));
    if (found) fits.push(found.fits);
  }
  const variances = fits.map((own) => {
    const weights = own.flatMap(({ filter }) => Array.from(filter.values));
    return weights.reduce((sum, v) => sum + v * v, 0) / weights.length;
  });
  const tunings = fits.map((own) =>
    own.filter(({ isGabor }) => isGabor).map(({ gabor }) => gaborTuning(gabor)),
  );
  const atShare = (share: number) =>
    meanOf(fits.map((own, k) => passed(own, (share / 100) * variances[k])));
  const numbers = {
    errorPercent: meanOf(pairs.map(({ errors: [one, other] }) => (one + other) / 2)),
    gaborPercent: meanOf(fits.map((own) => percent(own, ({ isGabor }) => isGabor))),
    explainedPercent: meanOf(fits.map((own) => 100 * median(own.map((one) => one.gabor.explained)))), // prettier-ignore
    noisePercent: meanOf(pairs.map(({ noise }, k) => (100 * noise) / variances[k])),
    passedPercent: meanOf(fits.map((own, k) => passed(own, pairs[k].noise))),
    initialPercent: meanOf(variances.map((variance) => (100 * INITIAL) / variance)),
    passedInitialPercent: meanOf(fits.map((own) => passed(own, INITIAL))),
    noisePercentFor97: SHARES.find((share) => share > 0 && atShare(share)[0] >= 97),
    octaves: meanOf(tunings.map((own) => median(own.map(({ octaves }) => octaves)))),
    degreesWide: meanOf(tunings.map((own) => median(own.map((one) => one.degreesWide)))),
    frequency: meanOf(tunings.map((own) => median(own.map(({ frequency }) => frequency)))),
  };
  const points = SHARES.slice(1).map((x) => ({ x, y: atShare(x)[0], curve: 'passed' }));
  const axes = { x: 'noise, % of Σ f²', y: 'filters, %', curves: ['passed'], at: 97 };
  const files: Record<string, string | Uint8Array> = {
    'gabor-filters.png': drawFilters(fits[0]),
    'gabor-orientation.svg': orientationHistogram(fits.flat()),
    'gabor-frequency.svg': frequencyHistogram(fits.flat()),
    'gabor-noise.svg': chart(points, axes),
  };
  return { numbers, files };
}

/**
 * Draws the filters whose fits explain most, one per column: the filter, its fit, the rest, and the
 * Fourier amplitudes of filter and fit.
 */
function drawFilters(fits: readonly FilterFit[]): Uint8Array {
  const best = [...fits]
    .sort((one, other) => other.gabor.explained - one.gabor.explained)
    .slice(0, DRAWN);
  const grey = best.map(({ filter }) => largest(filter));
  const light = best.map(({ filter }) => largest(amplitudesOf(filter, SIDE * FACTOR)));
  const rows: readonly (readonly Picture[])[] = [
    best.map(({ filter }, k) => enlarged(filter, grey[k])),
    best.map(({ fit }, k) => enlarged(fit, grey[k])),
    best.map((one, k) => enlarged(residualOf(one), grey[k])),
    best.map(({ filter }, k) => scaled(amplitudesOf(filter, SIDE * FACTOR), light[k])),
    best.map(({ fit }, k) => scaled(amplitudesOf(fit, SIDE * FACTOR), light[k])),
  ];
  return tiles(rows.flat(), DRAWN, [0, 1]).png;
}

const largest = ({ values }: Picture) =>
  Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

const scaled = (picture: Picture, most: number): Picture => ({
  ...picture,
  values: Array.from(picture.values, (v) => v / most),
});

/** Enlarges a filter, and maps −most ... most to 0 ... 1. */
function enlarged({ height, width, values }: Picture, most: number): Picture {
  const [rows, columns] = [height * FACTOR, width * FACTOR];
  const all = Array.from({ length: rows * columns }, (_, i) => {
    const [y, x] = [Math.floor(i / columns / FACTOR), Math.floor((i % columns) / FACTOR)];
    return 0.5 + values[y * width + x] / (2 * most);
  });
  return { height: rows, width: columns, channels: 1, values: all };
}

/** Returns the percentage of filters whose residual cannot be told from noise of a variance. */
function passed(fits: readonly FilterFit[], noise: number): number {
  if (noise === 0) return 0;
  return percent(fits, (one) => residualTest(residualOf(one).values, { noise }).isNoise);
}

function percent(fits: readonly FilterFit[], of: (one: FilterFit) => boolean): number {
  return (100 * fits.filter(of).length) / fits.length;
}

/** Returns the mean and its standard error, to three digits after the point. */
function meanOf(values: readonly number[]): Mean {
  const { mean, standardError = NaN } = estimate(values);
  const rounded = (v: number) => Number(v.toFixed(3));
  return [rounded(mean), rounded(standardError)];
}

/** Returns the rows of the page's table, with our value and the published one. */
export function gaborTable(numbers: Awaited<ReturnType<typeof gaborFigures>>['numbers']): string[] {
  const text = ([mean, error]: Mean, digits: number) =>
    `${mean.toFixed(digits)} ± ${error.toFixed(digits)}`;
  return [
    `| test error, % | ${text(numbers.errorPercent, 2)} | - |`,
    `| filters that are Gabor functions, % | ${text(numbers.gaborPercent, 0)} | - |`,
    `| median share of Σ f² that the fit explains, % | ${text(numbers.explainedPercent, 0)} | - |`,
    `| noise, % of Σ f² | ${text(numbers.noisePercent, 1)} | - |`,
    `| residuals that cannot be told from noise, % | ${text(numbers.passedPercent, 0)} | 97 |`,
    `| the same, if the random initial weights were the noise, % | ${text(numbers.passedInitialPercent, 0)} | 97 |`,
    `| median bandwidth, octaves | ${text(numbers.octaves, 2)} | 1.4 |`,
    `| median bandwidth in orientation, degrees | ${text(numbers.degreesWide, 0)} | - |`,
    `| median frequency, cycles per pixel | ${text(numbers.frequency, 3)} | - |`,
  ];
}
