/// <reference lib="dom" />
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escape } from './html.ts';

/** A point of a named curve. */
export interface Point {
  readonly x: number;
  readonly y: number;
  readonly curve: string;
}

/** The axes and curves of a chart. */
export interface ChartOptions {
  /** The label of the x axis. */
  readonly x: string;
  /** The label of the y axis. */
  readonly y: string;
  /** The ticks of the x axis; by default a few integers. */
  readonly ticks?: readonly number[];
  /** Whether the y axis is logarithmic. */
  readonly log?: boolean;
  /** The curves in the order of the legend. */
  readonly curves: readonly string[];
  /** Whether the curves are drawn pale, with their running means on top. */
  readonly noisy?: boolean;
  /** The y value at which a dashed horizontal line is drawn. */
  readonly at?: number;
}

/** A chart is as wide as the screen of a phone, so that its text is legible there. */
const [WIDTH, HEIGHT, LINE] = [400, 230, 16];

/** Colours that colour-blind readers can tell apart (Okabe & Ito). */
export const COLOURS = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#56b4e9',
  '#a6761d',
  '#e69f00',
  '#444444',
];

/**
 * Draws curves over steps or epochs as SVG, with a legend if there are several. If the axis is
 * logarithmic and all values of a curve are 0, the curve cannot be shown, and the legend marks it
 * with `(0)`.
 */
export function chart(points: readonly Point[], options: ChartOptions): string {
  const { curves, log = false, noisy = false, at } = options;
  const shown = points.filter(({ y }) => Number.isFinite(y) && (!log || y > 0));
  const many = curves.length > COLOURS.length;
  const xs = shown.map(({ x }) => x);
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  const few = new Set(xs).size < 60;
  const line = { x: 'x', y: 'y', z: 'curve', stroke: 'curve' } as const;
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 52,
    marginRight: 22,
    marginTop: 26,
    marginBottom: 38,
    style: { background: 'none', fontSize: '12px', overflow: 'visible' },
    x: {
      label: options.x,
      labelOffset: 34,
      ...(few && { ticks: [...(options.ticks ?? wholes(first, last))] }),
      tickFormat: String,
    },
    y: {
      label: options.y,
      grid: true,
      tickFormat: tick,
      ...(log
        ? {
            type: 'log' as const,
            ticks: decades([...shown.map(({ y }) => y), ...(at === undefined ? [] : [at])]),
          }
        : { zero: true, ticks: 5 }),
    },
    color: many
      ? {
          type: 'categorical',
          domain: [...curves],
          range: curves.map((_, k) => shade(k, curves.length)),
        }
      : { type: 'categorical', domain: [...curves], range: COLOURS },
    marks: [
      ...(at === undefined ? [] : [Plot.ruleY([at], { stroke: '#999', strokeDasharray: '4,3' })]),
      ...(noisy ? [Plot.lineY(shown, { ...line, strokeOpacity: 0.3, strokeWidth: 1 })] : []),
      Plot.lineY(
        shown,
        noisy ? Plot.windowY({ k: windowOf(shown.length), strict: false }, line) : line,
      ),
      ...(few && first < last ? [Plot.dot(shown, { ...line, r: 2 })] : []),
      ...(first === last ? [Plot.dot(shown, { ...line, fill: 'curve', r: 3 })] : []),
    ],
  });
  const drawn = new Set(shown.map(({ curve }) => curve));
  const listed = curves.map((curve) => (drawn.has(curve) ? curve : `${curve} (0)`));
  const names = many ? [`from ${curves[0]}`, `to ${curves[curves.length - 1]}`] : listed;
  const colours = many ? [shade(0, 2), shade(1, 2)] : COLOURS;
  plot.querySelector('style')?.remove();
  return withLegend(plot.innerHTML, curves.length > 1 ? names : [], colours);
}

/**
 * Puts a legend above the content of a plot. It has three names per line, or two if a name is long.
 */
function withLegend(content: string, names: readonly string[], colours: readonly string[]): string {
  const columns = names.some((name) => name.length > 15) ? 2 : 3;
  const top = names.length === 0 ? 0 : LINE * Math.ceil(names.length / columns) + 4;
  const legend = names.map((name, k) => {
    const [x, y] = [
      4 + (k % columns) * Math.floor(WIDTH / columns),
      LINE * Math.floor(k / columns) + 12 - top,
    ];
    const shown = name.length > 28 ? `…${name.slice(-27)}` : name;
    return `<rect x="${x}" y="${y - 9}" width="10" height="10" fill="${colours[k]}"/><text x="${x + 15}" y="${y}">${escape(shown)}</text>`;
  });
  const height = HEIGHT + top;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 ${-top} ${WIDTH} ${height}" ` +
    `font-family="system-ui, sans-serif" font-size="12" fill="currentColor">${legend.join('')}${content}</svg>`
  );
}

/** Returns at most six evenly spaced integers, from `first` to at most `last`. */
function wholes(first: number, last: number): number[] {
  const apart = Math.max(1, Math.ceil((last - first) / 5));
  return Array.from(
    { length: Math.floor((last - first) / apart) + 1 },
    (_, k) => first + k * apart,
  );
}

/**
 * Returns at most six ticks for a logarithmic axis. They are powers of ten, and also their
 * multiples if fewer than three powers are in the range.
 */
function decades(ys: readonly number[]): number[] {
  const [least, most] = [Math.min(...ys), Math.max(...ys)];
  const [first, last] = [Math.floor(Math.log10(least)), Math.floor(Math.log10(most))];
  const powers = Array.from({ length: last - first + 1 }, (_, k) => first + k);
  const within = (digits: readonly number[]) =>
    powers
      .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
      .filter((value) => value >= least && value <= most);
  const found = [[1], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]].map(within);
  const enough = found.find((ticks) => ticks.length >= 3) ?? found[2];
  const every = Math.ceil(enough.length / 6);
  return enough.filter((_, k) => k % every === 0);
}

/**
 * Returns the width of the window of the running mean, which is a thirtieth of the number of
 * points.
 */
const windowOf = (points: number) => Math.max(1, Math.floor(points / 30));

/** Formats the label of a tick: 0.002, 30, 2e-6. */
export function tick(value: number): string {
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-3 && size < 1e5)
    ? String(Number(value.toPrecision(6)))
    : value.toExponential();
}

/** Returns a colour between blue, for the first curve, and orange, for the last. */
function shade(k: number, of: number): string {
  const share = k / (of - 1);
  const mix = (from: number, to: number) => Math.round(from + (to - from) * share);
  return `rgb(${mix(0, 230)}, ${mix(70, 140)}, ${mix(170, 0)})`;
}
