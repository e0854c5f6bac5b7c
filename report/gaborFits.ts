import { fitGabor, type GaborFit } from '../inspect/fitGabor.ts';
import { gabor } from '../lib/init/gabor.ts';
import { Rng } from '../lib/rng.ts';
import type { Picture } from './pictures.ts';

/** A filter and its nearest Gabor function, in the colour along which the filter varies most. */
export interface FilterFit {
  /** The filter. */
  readonly filter: Picture;
  /** The Gabor function. */
  readonly fit: Picture;
  /** Its parameters; `explained` is the fraction of the whole filter's Σ f², over all colours. */
  readonly gabor: GaborFit;
  /** Whether the fit explains more than a fit to noise does, and has light and dark stripes. */
  readonly isGabor: boolean;
}

/** The Gabor functions of the filters of a layer. */
export interface GaborFits {
  /** One per filter. */
  readonly fits: readonly FilterFit[];
  /** The fraction that fits explain of 19 in 20 noise filters of this size, at most. */
  readonly ofNoise: number;
  /** A summary for the report. */
  readonly sentence: string;
}

/** The number of noise filters that are fitted for comparison. */
const NOISE = 20;

/** The least fraction of the fit's power that must be light, and that must be dark. */
const STRIPES = 0.1;

/**
 * Fits Gabor functions to the filters of a first layer. With eight parameters a fit explains much
 * of any small filter, so noise of the same size is fitted for comparison. A filter is called a
 * Gabor function if the fit explains more of it than of 19 in 20 noise filters and is more than an
 * edge or a blob: a whole wave is no longer than the filter's longer side, and light and dark each
 * have a tenth of its power. A Gabor function fits any filter of fewer than 4x4 pixels, so those
 * have none.
 *
 * @returns undefined if the filters are too small, or all 0.
 */
export async function gaborFits(filters: readonly Picture[]): Promise<GaborFits | undefined> {
  const found = filters.filter(({ values }) => power(values) > 0 && power(values) < Infinity);
  if (found.length === 0 || Math.min(found[0].height, found[0].width) < 4) return undefined;
  const rng = new Rng(0);
  const noise = Array.from({ length: NOISE }, () => ({
    ...found[0],
    values: Float32Array.from(rng.normals(found[0].values.length)),
  }));
  const ofNoise: number[] = [];
  for (const one of noise) ofNoise.push((await fitFilter(one)).gabor.explained);
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
    });
  }
  return { fits, ofNoise: threshold, sentence: sentenceOf(fits, threshold) };
}

function sentenceOf(fits: readonly FilterFit[], threshold: number): string {
  const count = fits.filter(({ isGabor }) => isGabor).length;
  const share = 2 * count < fits.length ? 'Most of these filters are not' : 2 * count > fits.length ? 'Most of these filters are' : 'Half of these filters are'; // prettier-ignore
  const near = fits.filter(({ gabor: { explained } }) => explained > threshold).length;
  return (
    `${share} Gabor functions: ${count} of ${fits.length} ${count === 1 ? 'is' : 'are'}. The nearest Gabor function explains more ` +
    `than ${Math.round(100 * threshold)} % of Σ f² of ${near} of them, as it does of one in twenty noise filters of this size. ` +
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

/** The unit vector of the channels along which Σ f² is largest, by power iteration. */
function mainColour({ values, channels }: Picture): readonly number[] {
  const column = (c: number) => Array.from(values).filter((_, i) => i % channels === c);
  const columns = Array.from({ length: channels }, (_, c) => column(c));
  const matrix = columns.map((a) => columns.map((b) => a.reduce((sum, v, i) => sum + v * b[i], 0)));
  const apply = (v: readonly number[]) =>
    matrix.map((row) => row.reduce((sum, m, c) => sum + m * v[c], 0));
  const unit = (v: readonly number[]) => v.map((x) => x / Math.hypot(...v));
  // The start is a row that is not 0, so it cannot be orthogonal to the whole matrix.
  const strongest = matrix.reduce((most, row, c) => (row[c] > matrix[most][most] ? c : most), 0);
  let direction = unit(matrix[strongest]);
  for (let k = 0; k < 100; k++) direction = unit(apply(direction));
  return direction;
}

const power = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v * v, 0);
