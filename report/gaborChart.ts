/// <reference lib="dom" />
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { FilterFit } from './gaborFits.ts';

const [WIDTH, HEIGHT] = [400, 236];

/**
 * The frequency at the edge of the chart, in cycles per pixel. Pixels cannot show a higher
 * frequency.
 */
const RIM = 0.5;

/**
 * Draws the frequencies of filters as SVG. The angle of a dot is the direction across the filter's
 * stripes, from 0° on the right to 180°. The distance of a dot from the centre is the frequency in
 * cycles per pixel. A dot is filled if the filter is a Gabor function.
 */
export function gaborChart(fits: readonly FilterFit[]): string {
  const at = (frequency: number, angle: number) => ({
    x: frequency * Math.cos(angle),
    y: frequency * Math.sin(angle),
  });
  const arc = (frequency: number) =>
    Array.from({ length: 61 }, (_, k) => ({ ...at(frequency, (Math.PI * k) / 60), z: frequency }));
  const rays = Array.from({ length: 5 }, (_, k) => (Math.PI * k) / 4);
  const rings = [0.1, 0.2, 0.3, 0.4, RIM];
  const dots = fits.map(({ gabor, isGabor }) => ({
    ...at(gabor.frequency, gabor.orientation),
    isGabor,
  }));
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    axis: null,
    marginLeft: 26,
    marginRight: 26,
    marginTop: 22,
    marginBottom: 40,
    style: { background: 'none', fontSize: '12px', overflow: 'visible' },
    x: { domain: [-RIM, RIM] },
    y: { domain: [0, RIM] },
    marks: [
      Plot.line(rings.flatMap(arc), { x: 'x', y: 'y', z: 'z', stroke: '#ccc', strokeWidth: 1 }),
      Plot.link(rays.map((angle) => at(RIM, angle)), { x1: 0, y1: 0, x2: 'x', y2: 'y', stroke: '#ddd' }), // prettier-ignore
      Plot.text(rays, {
        x: (angle: number) => at(RIM + 0.035, angle).x,
        y: (angle: number) => at(RIM + 0.035, angle).y,
        text: (angle: number) => `${Math.round((angle * 180) / Math.PI)}°`,
      }),
      Plot.text(rings, { x: (ring: number) => ring, y: 0, text: String, dy: 14, fill: '#555' }),
      Plot.text(['cycles per pixel'], {
        x: RIM,
        y: 0,
        dx: 12,
        dy: 30,
        textAnchor: 'end',
        fill: '#555',
      }),
      Plot.dot(dots, {
        x: 'x',
        y: 'y',
        r: 4,
        stroke: '#0072b2',
        strokeWidth: 1.5,
        fill: (one: (typeof dots)[number]) => (one.isGabor ? '#0072b2' : 'white'),
      }),
    ],
  });
  plot.querySelector('style')?.remove();
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
    `font-family="system-ui, sans-serif" font-size="12" fill="currentColor">${plot.innerHTML}</svg>`
  );
}
