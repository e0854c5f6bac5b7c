import { fitGabor, type GaborFit } from '../inspect/fitGabor.ts';
import { residualTest, type ResidualTest } from '../inspect/gabor/residualTest.ts';
import { gabor } from '../lib/init/gabor.ts';
import { Rng } from '../lib/rng.ts';
import type { Picture } from './pictures.ts';

/**
 * A filter and the Gabor function that fits it best. The function has only one colour, which is the
 * direction in colour space with the largest Σ f².
 */
export interface FilterFit {
  /** The filter. */
  readonly filter: Picture;
  /** The Gabor function, drawn with the filter's size and colours. */
  readonly fit: Picture;
  /**
   * The parameters of the function. `explained` is the explained fraction of the filter's Σ f² over
   * all its colour channels.
   */
  readonly gabor: GaborFit;
  /**
   * Whether the filter counts as a Gabor function: the fit has light and dark stripes, and it
   * explains more of the filter than 19 of 20 fits to noise explain of the noise.
   */
  readonly isGabor: boolean;
  /** The test of what the fit leaves against the noise; undefined if the noise is unknown. */
  readonly residual?: ResidualTest;
}

/** The Gabor functions of the filters of a layer. */
export interface GaborFits {
  /** One fit per filter that is finite and not all 0. */
  readonly fits: readonly FilterFit[];
  /**
   * The second-largest fraction of Σ f² that a fit explains among 20 noise filters of the same
   * size.
   */
  readonly ofNoise: number;
  /** A summary for the report. */
  readonly sentence: string;
  /** A summary of the tests against the noise; undefined if the noise is unknown. */
  readonly noiseSentence?: string;
}

/** The number of noise filters that are fitted for comparison. */
const NOISE = 20;

/**
 * Positive (light) values must have at least this fraction of the fit's Σ f², and so must negative
 * (dark) values.
 */
const STRIPES = 0.1;

/**
 * Fits Gabor functions to the filters of a first layer. A Gabor function has eight parameters, so
 * it explains much of any small filter. For comparison, 20 noise filters of the same size are
 * fitted too. A filter is called a Gabor function if three conditions hold: the fit explains a
 * larger fraction than for 19 of the noise filters; the wavelength is at most the filter's longer
 * side; and light values and dark values each have at least a tenth of the fit's Σ f². The last two
 * conditions exclude edges and blobs. A Gabor function can fit any filter of fewer than 4x4 pixels,
 * so such small filters are not fitted.
 *
 * If the variance of the noise in each weight is known, as by `weightNoise`, what a fit leaves of
 * its filter is tested against it. In colour, the direction adds two to the eight parameters.
 *
 * @returns undefined if the filters are too small, or all 0.
 */
export async function gaborFits(
  filters: readonly Picture[],
  noise?: number,
): Promise<GaborFits | undefined> {
  const found = filters.filter(({ values }) => power(values) > 0 && power(values) < Infinity);
  if (found.length === 0 || Math.min(found[0].height, found[0].width) < 4) return undefined;
  const rng = new Rng(0);
  const random = Array.from({ length: NOISE }, () => ({
    ...found[0],
    values: Float32Array.from(rng.normals(found[0].values.length)),
  }));
  const ofNoise: number[] = [];
  for (const one of random) ofNoise.push((await fitFilter(one)).gabor.explained);
  const [, threshold] = ofNoise.sort((a, b) => b - a);
  const fits: FilterFit[] = [];
  for (const filter of found) {
    const { gabor: parameters, fit } = await fitFilter(filter);
    const light = power(Array.from(fit.values, (v) => Math.max(v, 0))) / power(fit.values);
    const wave = parameters.wavelength <= Math.max(filter.height, filter.width);
    const striped = wave && Math.min(light, 1 - light) >= STRIPES;
    fits.push({
      filter,
      fit,
      gabor: parameters,
      isGabor: parameters.explained > threshold && striped,
      ...(noise !== undefined && { residual: testOf(filter, fit, noise) }),
    });
  }
  return {
    fits,
    ofNoise: threshold,
    sentence: sentenceOf(fits, threshold),
    ...(noise !== undefined && { noiseSentence: noiseSentenceOf(fits, noise) }),
  };
}

/** Returns what a fit leaves of its filter. */
export function residualOf({ filter, fit }: Pick<FilterFit, 'filter' | 'fit'>): Picture {
  return { ...filter, values: Array.from(filter.values, (v, i) => v - fit.values[i]) };
}

function testOf(filter: Picture, fit: Picture, noise: number): ResidualTest {
  const parameters = 8 + filter.channels - 1;
  return residualTest(residualOf({ filter, fit }).values, { noise, parameters });
}

function noiseSentenceOf(fits: readonly FilterFit[], noise: number): string {
  const passed = fits.filter(({ residual }) => residual?.isNoise).length;
  const values = fits.reduce((sum, { filter }) => sum + filter.values.length, 0);
  const share = (values * noise) / fits.reduce((sum, { filter }) => sum + power(filter.values), 0);
  return (
    `What the fit leaves of a filter cannot be told from noise for ${passed} of ${fits.length} filters (${Math.round((100 * passed) / fits.length)} %; ` +
    'chi-squared test at 5 %). Jones & Palmer found 97 % of the simple cells of cats. ' +
    `The noise is ${Number((100 * share).toPrecision(2))} % of Σ f². With more noise, more filters pass.`
  );
}

function sentenceOf(fits: readonly FilterFit[], threshold: number): string {
  const count = fits.filter(({ isGabor }) => isGabor).length;
  const all = fits.length;
  const share =
    count === 0
      ? `None of the ${all} filters is a Gabor function`
      : `${count} of ${all} filters ${count === 1 ? 'is a Gabor function' : 'are Gabor functions'}`;
  const near = fits.filter(({ gabor: { explained } }) => explained > threshold).length;
  return (
    `${share}. The nearest Gabor function explains more ` +
    `than ${Math.round(100 * threshold)} % of Σ f² of ${near === 0 ? 'none' : near} of them, as it does of one in twenty noise filters of this size. ` +
    'A filter counts only if a whole wave, light and dark, fits into it; others are edges or blobs.'
  );
}

async function fitFilter(filter: Picture): Promise<{ gabor: GaborFit; fit: Picture }> {
  const { height, width, channels } = filter;
  const colour = mainColour(filter);
  const values = Float64Array.from({ length: height * width }, (_, i) =>
    colour.reduce((sum, share, c) => sum + share * filter.values[i * channels + c], 0),
  );
  const found = await fitGabor(values, height, width);
  const g = gabor(found, height, width);
  const drawn = Float32Array.from(
    filter.values,
    (_, i) => found.amplitude * g[Math.floor(i / channels)] * colour[i % channels],
  );
  const explained = (found.explained * power(values)) / power(filter.values);
  return { gabor: { ...found, explained }, fit: { ...filter, values: drawn } };
}

/**
 * Returns the direction in colour space, as a unit vector, along which Σ f² is largest. It is
 * computed by power iteration.
 */
function mainColour({ values, channels }: Picture): readonly number[] {
  const column = (c: number) => Array.from(values).filter((_, i) => i % channels === c);
  const columns = Array.from({ length: channels }, (_, c) => column(c));
  const matrix = columns.map((a) => columns.map((b) => a.reduce((sum, v, i) => sum + v * b[i], 0)));
  const apply = (v: readonly number[]) =>
    matrix.map((row) => row.reduce((sum, m, c) => sum + m * v[c], 0));
  const unit = (v: readonly number[]) => v.map((x) => x / Math.hypot(...v));
  // Power iteration starts from a row that is not 0. The matrix is symmetric, so its product with
  // that row is not 0 either.
  const strongest = matrix.reduce((most, row, c) => (row[c] > matrix[most][most] ? c : most), 0);
  let direction = unit(matrix[strongest]);
  for (let k = 0; k < 100; k++) direction = unit(apply(direction));
  return direction;
}

const power = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v * v, 0);
