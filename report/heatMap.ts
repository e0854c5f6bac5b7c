/// <reference lib="dom" />
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/** The content of a heat map. */
export interface HeatMapOptions {
  /** The values, one list per row; NaN is drawn as a crossed-out cell. */
  readonly values: readonly (readonly number[])[];
  /** The labels of the rows, from the top. */
  readonly rows: readonly string[];
  /** The labels of the columns. */
  readonly columns: readonly string[];
  /** The titles of the axes. */
  readonly titles: readonly [rows: string, columns: string];
}

/** The largest number of rows or columns that are drawn. */
const MOST = 64;

/** The largest number of columns whose values are written into the cells. */
const WRITTEN = 12;

/** The width of a map that fits a phone and remains legible on it. */
const WIDTH = 400;

/**
 * Draws values from 0 to 1 as a map of cells: white is 0 or below, dark blue is 1. If there are
 * more than 64 rows or columns, every second or third of them is drawn.
 */
export function heatMap({ values, rows, columns, titles }: HeatMapOptions): string {
  const [shownRows, shownColumns] = [evenly(rows.length), evenly(columns.length)];
  const cells = shownRows.flatMap((row) =>
    shownColumns.map((column) => ({
      row: String(row),
      column: String(column),
      value: values[row][column],
    })),
  );
  const [known, unknown] = [true, false].map((isKnown) =>
    cells.filter(({ value }) => Number.isFinite(value) === isKnown),
  );
  const left = 36 + 6.4 * Math.max(...rows.map((label) => label.length), 3);
  const cell = (WIDTH - left - 4) / shownColumns.length;
  const tall = Math.min(26, Math.max(5, cell));
  const bottom = 34 + 6.6 * Math.max(...columns.map((label) => label.length), 3);
  const height = Math.round(8 + tall * shownRows.length + bottom);
  const thinned = (places: readonly number[], size: number) => {
    const every = Math.ceil(11 / size);
    return places.filter((_, k) => k % every === 0).map(String);
  };
  const at = { x: 'column', y: 'row' } as const;
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const plot = Plot.plot({
    document,
    width: WIDTH,
    height,
    marginLeft: left,
    marginRight: 4,
    marginTop: 8,
    marginBottom: bottom,
    style: { background: 'none', fontSize: '11px', overflow: 'visible' },
    x: {
      domain: shownColumns.map(String),
      ticks: thinned(shownColumns, cell),
      tickFormat: (place: string) => columns[Number(place)],
      tickRotate: -90,
      tickSize: 0,
      label: titles[1],
      labelAnchor: 'center',
      labelOffset: bottom - 6,
      labelArrow: 'none',
    },
    y: {
      domain: shownRows.map(String),
      ticks: thinned(shownRows, tall),
      tickFormat: (place: string) => rows[Number(place)],
      tickSize: 0,
      label: titles[0],
      labelAnchor: 'center',
      labelOffset: left - 8,
      labelArrow: 'none',
    },
    marks: [
      Plot.cell(known, { ...at, fill: ({ value }: { value: number }) => blue(value), inset: 0.25 }),
      Plot.cell(unknown, { ...at, fill: '#eee', inset: 0.25 }),
      Plot.text(unknown, { ...at, text: () => '×', fill: '#767676' }),
      ...(shownColumns.length > WRITTEN || cell < 20
        ? []
        : [
            Plot.text(known, {
              ...at,
              text: ({ value }: { value: number }) => brief(value),
              fill: ({ value }: { value: number }) => (value > 0.55 ? '#fff' : '#222'),
              fontSize: 10,
            }),
          ]),
    ],
  });
  plot.querySelector('style')?.remove();
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" ` +
    `font-family="system-ui, sans-serif" font-size="11" fill="currentColor" text-anchor="middle">${plot.innerHTML}</svg>`
  );
}

/** Formats a value for its cell: `.97`, `1`, `0`, `-.02`. */
function brief(value: number): string {
  return value.toFixed(2).replace(/^(-?)0\./, '$1.').replace(/^-?\.00$/, '0').replace(/^1\.00$/, '1'); // prettier-ignore
}

/** Returns the places of at most 64 rows, at equal distances. */
function evenly(count: number): number[] {
  const every = Math.ceil(count / MOST);
  return Array.from({ length: Math.ceil(count / every) }, (_, k) => k * every);
}

/** Returns the colour of a value. */
function blue(value: number): string {
  const share = Math.min(1, Math.max(0, value));
  const mix = (from: number, to: number) => Math.round(from + (to - from) * share);
  return `rgb(${mix(255, 8)}, ${mix(255, 62)}, ${mix(255, 120)})`;
}
