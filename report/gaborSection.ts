import { gaborChart } from './gaborChart.ts';
import type { FilterFit, GaborFits } from './gaborFits.ts';
import { escape, image, unfolding } from './html.ts';
import { tiles } from './pictures.ts';

/** The number of filters that are shown without unfolding. */
const SHOWN = 32;

/**
 * Makes the section about Gabor functions: a chart of their frequencies, and each filter beside its
 * fit.
 */
export function gaborSection({ fits, sentence }: GaborFits): string {
  const figures = fits.map(figureOf);
  const parts = [figures.slice(0, SHOWN), figures.slice(SHOWN)].filter((part) => part.length > 0);
  const grids = parts.map((part) => `<div class="gabors">${part.join('')}</div>`);
  return `<p>${escape(sentence)}</p>
<figure><figcaption>Orientation and frequency</figcaption>${gaborChart(fits)}</figure>
<p>Each filter beside the nearest Gabor function, with the share of Σ f² that it explains (bold if the filter is a Gabor function), its orientation across the stripes, its frequency in cycles per pixel, and its phase.</p>
${unfolding(grids, 1, 'More filters')}`;
}

function figureOf({ filter, fit, gabor, isGabor }: FilterFit): string {
  // Both pictures use the grey scale of the filter.
  const most = Array.from(filter.values).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const picture = tiles([filter, fit], 2, [-most, most]);
  const degrees = (angle: number) => `${Math.round((angle * 180) / Math.PI)}°`.replace('-', '−');
  const share = `${Math.round(100 * gabor.explained)} %`;
  const caption = `${isGabor ? `<b>${share}</b>` : share} · ${degrees(gabor.orientation)}<br>${gabor.frequency.toFixed(2)} · ${degrees(gabor.phase)}`;
  return `<figure>${image(picture, 'a filter and its Gabor function')}<figcaption>${caption}</figcaption></figure>`;
}
