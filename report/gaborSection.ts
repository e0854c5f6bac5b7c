import { gaborChart } from './gaborChart.ts';
import type { FilterFit, GaborFits } from './gaborFits.ts';
import { escape, image, unfolding } from './html.ts';
import { tiles } from './pictures.ts';

/** Filters that are shown at once. */
const SHOWN = 32;

/** Each filter beside the Gabor function nearest to it, and where they lie among the frequencies. */
export function gaborSection({ fits, sentence }: GaborFits): string {
  const figures = fits.map(figureOf);
  const parts = [figures.slice(0, SHOWN), figures.slice(SHOWN)].filter((part) => part.length > 0);
  const grids = parts.map((part) => `<div class="gabors">${part.join('')}</div>`);
  return `<p>${escape(sentence)}</p>
<figure><figcaption>Orientation and frequency</figcaption>${gaborChart(fits)}</figure>
<p>A filter, the nearest Gabor function, and the share of Σ f² that it explains; its orientation across the stripes, its frequency in cycles a pixel, and its phase.</p>
${unfolding(grids, 1, 'The other filters')}`;
}

function figureOf({ filter, fit, gabor, isGabor }: FilterFit): string {
  // Of one scale, that of the filter.
  const most = Array.from(filter.values).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const picture = tiles([filter, fit], 2, [-most, most]);
  const degrees = (angle: number) => `${Math.round((angle * 180) / Math.PI)}°`.replace('-', '−');
  const share = `${Math.round(100 * gabor.explained)} %`;
  const caption = `${isGabor ? `<b>${share}</b>` : share} · ${degrees(gabor.orientation)}<br>${gabor.frequency.toFixed(2)} · ${degrees(gabor.phase)}`;
  return `<figure>${image(picture, 'a filter and its Gabor function')}<figcaption>${caption}</figcaption></figure>`;
}
