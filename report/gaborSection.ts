import { median } from '../lib/estimate.ts';
import { fourierAmplitudes } from '../inspect/gabor/fourierAmplitudes.ts';
import { gaborTuning } from '../inspect/gabor/gaborTuning.ts';
import { gaborChart } from './gaborChart.ts';
import { residualOf, type FilterFit, type GaborFits } from './gaborFits.ts';
import { frequencyHistogram, orientationHistogram } from './gaborHistograms.ts';
import { escape, image, unfolding } from './html.ts';
import { channelsOf, tiles, type Picture } from './pictures.ts';

/** The number of filters that are shown without unfolding. */
const SHOWN = 32;

/** The number of frequencies in each direction of a Fourier transform. */
const FREQUENCIES = 32;

/**
 * Makes the section about Gabor functions: charts of their orientations and frequencies, and each
 * filter with its fit, what the fit leaves, and the Fourier amplitudes of filter and fit.
 */
export function gaborSection({ fits, sentence, noiseSentence }: GaborFits): string {
  const figures = fits.map(figureOf);
  const parts = [figures.slice(0, SHOWN), figures.slice(SHOWN)].filter((part) => part.length > 0);
  const grids = parts.map((part) => `<div class="gabors">${part.join('')}</div>`);
  const charts = [
    ['Orientation and frequency', gaborChart(fits)],
    ['Orientation', orientationHistogram(fits)],
    ['Frequency', frequencyHistogram(fits)],
  ].map(([title, svg]) => `<figure><figcaption>${title}</figcaption>${svg}</figure>`);
  const noise = noiseSentence ?? 'How much of it is noise is unknown without a second training: boxprop report RUN --repeat RUN.'; // prettier-ignore
  const test = noiseSentence === undefined ? '' : ', and the probability of noise with a larger χ²'; // prettier-ignore
  return `<p>${escape(sentence)}</p>
<p>${escape(noise)}</p>
${bandwidths(fits)}
<div class="grid">${charts.join('')}</div>
<p>A dot or bar is filled if the filter is a Gabor function. Below, each filter stands beside the nearest Gabor function and what is left of the filter without it. The second row shows the Fourier amplitudes of filter and function, with frequency 0 in the middle and half a cycle per pixel at the edge. The captions give the share of Σ f² that the function explains (bold if the filter is a Gabor function), its orientation across the stripes, its frequency in cycles per pixel, and its phase${test}.</p>
${unfolding(grids, 1, 'More filters')}`;
}

/** Compares the bandwidths of the filters that are Gabor functions with those of the cortex. */
function bandwidths(fits: readonly FilterFit[]): string {
  const tunings = fits.filter(({ isGabor }) => isGabor).map(({ gabor }) => gaborTuning(gabor));
  if (tunings.length === 0) return '';
  const octaves = median(tunings.map((one) => one.octaves));
  const wide = median(tunings.map((one) => one.degreesWide));
  const text = Number.isFinite(octaves) ? `${octaves.toFixed(1)} octaves` : 'no lower limit';
  return `<p>Half of the filters that are Gabor functions have a bandwidth of at most ${text} at half of the amplitude (cells of macaques: 1.4 octaves, De Valois et al. 1982), and of at most ${Math.round(wide)}° in orientation.</p>`;
}

function figureOf(one: FilterFit): string {
  const { filter, fit, gabor, isGabor, residual } = one;
  const degrees = (angle: number) => `${Math.round((angle * 180) / Math.PI)}°`.replace('-', '−');
  const share = `${Math.round(100 * gabor.explained)} %`;
  const test = residual === undefined ? '' : `<br>noise: ${shareText(residual.probability)}`;
  const caption = `${isGabor ? `<b>${share}</b>` : share} · ${degrees(gabor.orientation)}<br>${gabor.frequency.toFixed(2)} · ${degrees(gabor.phase)}${test}`;
  return `<figure>${image(filterTiles(one), 'a filter, its Gabor function, and the rest')}${image(amplitudeTiles(filter, fit), 'the Fourier amplitudes of the filter and of the function')}<figcaption>${caption}</figcaption></figure>`;
}

function shareText(probability: number): string {
  return probability < 0.001 ? '&lt; 0.1 %' : `${(100 * probability).toPrecision(2)} %`;
}

/** Draws a filter, its fit and the difference, all in the grey scale of the filter. */
function filterTiles({ filter, fit }: Pick<FilterFit, 'filter' | 'fit'>) {
  const most = Array.from(filter.values).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return tiles([filter, fit, residualOf({ filter, fit })], 3, [-most, most]);
}

/** Draws Fourier amplitudes of a filter and its fit. White is the filter's largest amplitude. */
function amplitudeTiles(filter: Picture, fit: Picture) {
  const [own, other] = [amplitudesOf(filter), amplitudesOf(fit)];
  const most = Array.from(own.values).reduce((a, b) => Math.max(a, b), 0);
  return tiles([own, other], 2, [0, most]);
}

/** Returns the Fourier amplitudes of a picture; in colour, √(Σ amplitude²) over the channels. */
export function amplitudesOf(picture: Picture, frequencies = FREQUENCIES): Picture {
  const { height, width, channels, values } = picture;
  const size = Math.max(frequencies, height, width);
  const squares = new Float64Array(size * size);
  for (const channel of channelsOf(values, [height, width, channels])) {
    fourierAmplitudes(channel.values, height, width, size).forEach((v, i) => {
      squares[i] += v * v;
    });
  }
  return { height: size, width: size, channels: 1, values: squares.map(Math.sqrt) };
}
