import { fitGabor, type GaborFit } from '../inspect/fitGabor.ts';
import { gabor } from '../lib/init/gabor.ts';
import { Rng } from '../lib/rng.ts';
import type { Picture } from './pictures.ts';

/** A filter and the Gabor function nearest to it, in the colour that the filter varies most along. */
export interface FilterFit {
  readonly filter: Picture;
  readonly fit: Picture;
  /** Its `explained` is the share of the whole filter's Σ f², of all its colours. */
  readonly gabor: GaborFit;
  /** Whether the fit explains more than it does of noise, and has light and dark stripes. */
  readonly isGabor: boolean;
}

export interface GaborFits {
  readonly fits: readonly FilterFit[];
  /** What the fit explains of all but one of twenty filters of noise of this size at most. */
  readonly ofNoise: number;
  readonly sentence: string;
}

/** Filters of noise that are fitted for comparison. */
const NOISE = 20;

/** The least share of the fit's power that is light, and that is dark. */
const STRIPES = 0.1;

/**
 * How near the filters of a first layer are to Gabor functions. With seven numbers and an amplitude a fit explains much of
 * anything small, so noise of the same size is fitted as well: a filter is called a Gabor function where more is
 * explained than of 19 in 20 filters of noise, and where the fit is no mere edge or blob: a whole wave is no longer than the
 * filter's longer side, and light and dark each have a tenth of its power. Filters of fewer than 4x4 pixels, which a
 * Gabor function with its eight numbers fits whatever they are, have none.
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
  const share = 2 * count < fits.length ? 'Most of these filters are no' : 2 * count > fits.length ? 'Most of these filters are' : 'Half of these filters are'; // prettier-ignore
  const near = fits.filter(({ gabor: { explained } }) => explained > threshold).length;
  return (
    `${share} Gabor functions: ${count} of ${fits.length} ${count === 1 ? 'is' : 'are'}. Of ${near} the nearest one explains more than ` +
    `${Math.round(100 * threshold)} % of Σ f², as it does of one in twenty filters of noise of this size; but only where ` +
    'a whole wave, light and dark, fits into the filter is it more than an edge or a blob.'
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

/** The direction of length 1 in the channels along which Σ f² is largest: by powers of its matrix. */
function mainColour({ values, channels }: Picture): readonly number[] {
  const column = (c: number) => Array.from(values).filter((_, i) => i % channels === c);
  const columns = Array.from({ length: channels }, (_, c) => column(c));
  const matrix = columns.map((a) => columns.map((b) => a.reduce((sum, v, i) => sum + v * b[i], 0)));
  const apply = (v: readonly number[]) =>
    matrix.map((row) => row.reduce((sum, m, c) => sum + m * v[c], 0));
  const unit = (v: readonly number[]) => v.map((x) => x / Math.hypot(...v));
  // Starts from a row that is not 0, so that it cannot be at right angles to all of the matrix.
  const strongest = matrix.reduce((most, row, c) => (row[c] > matrix[most][most] ? c : most), 0);
  let direction = unit(matrix[strongest]);
  for (let k = 0; k < 100; k++) direction = unit(apply(direction));
  return direction;
}

const power = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v * v, 0);
