/// <reference lib="dom" />
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** A value of a named curve. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly curve: string;
}

/** Curves over steps or epochs as SVG, with a legend of their names. */
export function curves(points: readonly Point[], labels: { x: string; y: string }, log = false): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const shown = log ? points.filter(({ y }) => y > 0) : points;
  const plot = Plot.plot({
    document,
    width: 640,
    height: 260,
    marginLeft: 56,
    style: { background: 'none', fontSize: '13px' },
    x: { label: labels.x },
    y: { label: labels.y, grid: true, ...(log && { type: 'log' }) },
    color: { legend: true, type: 'categorical' },
    marks: [
      Plot.lineY(shown, { x: 'x', y: 'y', z: 'curve', stroke: 'curve' }),
      ...(shown.length < 60 ? [Plot.dot(shown, { x: 'x', y: 'y', stroke: 'curve', r: 2 })] : []),
    ],
  });
  return plot.outerHTML;
}
