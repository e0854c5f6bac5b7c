/// <reference lib="dom" />
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { gaborTuning } from '../inspect/gabor/gaborTuning.ts';
import type { FilterFit } from './gaborFits.ts';

const [WIDTH, HEIGHT] = [400, 170];

/** Draws a histogram of the orientations of filters in degrees, in bins of 15°, as SVG. */
export function orientationHistogram(fits: readonly FilterFit[]): string {
  return histogram(
    fits,
    (fit) => gaborTuning(fit.gabor).degrees,
    'degrees',
    [0, 45, 90, 135, 180],
    12,
  );
}

/** Draws a histogram of the frequencies of filters, in bins of a twentieth of a cycle, as SVG. */
export function frequencyHistogram(fits: readonly FilterFit[]): string {
  return histogram(
    fits,
    ({ gabor }) => gabor.frequency,
    'cycles per pixel',
    [0, 0.1, 0.2, 0.3, 0.4, 0.5],
    10,
  );
}

/** A bin is filled as far as its filters are Gabor functions, as the dots of `gaborChart` are. */
function histogram(
  fits: readonly FilterFit[],
  valueOf: (fit: FilterFit) => number,
  label: string,
  ticks: readonly number[],
  bins: number,
): string {
  const [low, high] = [ticks[0], ticks[ticks.length - 1]];
  const step = (high - low) / bins;
  const counts = Array.from({ length: bins }, () => ({ own: 0, all: 0 }));
  for (const fit of fits) {
    // The largest frequency, half a cycle per pixel, belongs to the last bin.
    const bin = counts[Math.min(bins - 1, Math.floor((valueOf(fit) - low) / step))];
    bin.all++;
    if (fit.isGabor) bin.own++;
  }
  const bars = counts.flatMap(({ own, all }, k) => {
    const [x1, x2] = [low + k * step, low + (k + 1) * step];
    return [
      { x1, x2, y1: 0, y2: own, isGabor: true },
      { x1, x2, y1: own, y2: all, isGabor: false },
    ].filter(({ y1, y2 }) => y2 > y1);
  });
  const most = Math.max(...counts.map(({ all }) => all), 1);
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 40,
    marginRight: 14,
    marginTop: 22,
    marginBottom: 38,
    style: { background: 'none', fontSize: '12px', overflow: 'visible' },
    x: {
      domain: [low, high],
      label,
      labelOffset: 34,
      ticks,
      tickFormat: String,
    },
    y: { label: 'filters', domain: [0, most], ticks: Math.min(most, 5), tickFormat: 'd' },
    marks: [
      Plot.rect(bars, {
        x1: 'x1',
        x2: 'x2',
        y1: 'y1',
        y2: 'y2',
        inset: 0.5,
        stroke: '#0072b2',
        fill: (one: (typeof bars)[number]) => (one.isGabor ? '#0072b2' : 'white'),
      }),
      Plot.ruleY([0]),
    ],
  });
  plot.querySelector('style')?.remove();
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
    `font-family="system-ui, sans-serif" font-size="12" text-anchor="middle" fill="currentColor">${plot.innerHTML}</svg>`
  );
}
