/// <reference lib="dom" />
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { SobolIndices } from '../search/importance.ts';
import type { Trial } from '../search/trial.ts';
import { isCategorical, formatValue, type Dimension, type Value } from '../search/space.ts';
import { COLOURS, tick } from './charts.ts';

/** A chart is as wide as the screen of a phone, so that its text is legible there. */
const WIDTH = 400;
const [BLUE, ORANGE] = COLOURS;

/**
 * Draws the fraction of the variance that each dimension explains: a bar for the dimension by
 * itself, and a line for the dimension together with all its interactions. The dimension with the
 * longest line is first.
 */
export function sharesChart(shares: readonly (SobolIndices & { readonly name: string })[]): string {
  const sorted = [...shares].sort((a, b) => b.totalOrder - a.totalOrder);
  const longest = Math.max(...sorted.map(({ name }) => name.length));
  return svg({
    height: 60 + 26 * sorted.length,
    marginLeft: Math.min(170, 14 + 7 * longest),
    marginRight: 18,
    marginBottom: 38,
    x: {
      label: 'fraction of the variance, %',
      domain: [0, 100],
      ticks: 5,
      grid: true,
      labelOffset: 36,
    },
    y: { label: null, domain: sorted.map(({ name }) => name), tickSize: 0 },
    marks: [
      Plot.barX(sorted, {
        x: ({ firstOrder }: SobolIndices) => 100 * firstOrder,
        y: 'name',
        fill: BLUE,
        insetTop: 4,
        insetBottom: 4,
      }),
      Plot.ruleY(sorted, {
        x: ({ totalOrder }: SobolIndices) => 100 * totalOrder,
        y: 'name',
        stroke: ORANGE,
        strokeWidth: 2,
      }),
      Plot.dot(sorted, {
        x: ({ totalOrder }: SobolIndices) => 100 * totalOrder,
        y: 'name',
        fill: ORANGE,
        r: 3,
      }),
      Plot.ruleX([0]),
    ],
  });
}

interface Dot {
  readonly x: number | string;
  readonly error: number;
}

/**
 * If a dimension has only a few values, returns them, so that each gets a tick; otherwise returns
 * undefined.
 */
function fewOf(dimension: Dimension): number[] | undefined {
  if ('choices' in dimension) return dimension.choices.map(Number);
  const { low, high, integer } = dimension;
  if (integer !== true || high - low >= 10) return undefined;
  return Array.from({ length: high - low + 1 }, (_, k) => low + k);
}

/**
 * Draws the error of each trial over the trial's value of a dimension, and the curve of the error
 * that the model predicts.
 */
export function effectChart(
  dimension: Dimension,
  label: string,
  name: string,
  trials: readonly Trial[],
  curve: readonly { readonly value: Value; readonly error: number }[],
): string {
  const category = isCategorical(dimension);
  const place = (value: Value) => (category ? shortened(formatValue(value)) : Number(value));
  const dots = trials.map((trial) => ({
    ...trial,
    x: place(trial.point[name]),
    error: 100 * trial.mean,
  }));
  const good = dots.filter(({ failed }) => failed === undefined);
  const errors = good.map(({ error }) => error);
  const line = curve.map(({ value, error }): Dot => ({ x: place(value), error: 100 * error }));
  const [low, high] = extent([
    ...errors.filter((error) => error > 0),
    ...line.map(({ error }) => error),
  ]);
  const top = high * (high / low) ** 0.08;
  const failed = dots
    .filter((one) => one.failed !== undefined)
    .map(({ x }): Dot => ({ x, error: top }));
  // A logarithmic axis cannot show an error of 0, so such a trial is drawn at the bottom of the
  // chart.
  const shown = good.map(({ x, error }): Dot => ({ x, error: Math.max(error, low) }));
  const best = shown[errors.indexOf(Math.min(...errors))];
  const at = { x: 'x', y: 'error' } as const;
  const values =
    'choices' in dimension ? dimension.choices.map(place) : [dimension.low, dimension.high];
  const log = 'log' in dimension && dimension.log === true;
  const few = fewOf(dimension);
  return svg({
    height: 230,
    marginLeft: 52,
    marginRight: 18,
    marginBottom: 38,
    x: {
      label,
      labelOffset: 36,
      domain: values,
      ...(category ? { type: 'band' as const, padding: 0.2 } : { nice: false, tickFormat: tick }),
      ...(log && { type: 'log' as const, ticks: 5 }),
      ...(!category && !log && { ticks: 5 }),
      ...(!category && few && { ticks: few }),
      ...(!category && { inset: 8 }),
    },
    y: { ...errorAxis(low, top) },
    marks: [
      category
        ? Plot.tickY(line, { ...at, stroke: ORANGE, strokeWidth: 2 })
        : Plot.lineY(line, { ...at, stroke: ORANGE, strokeWidth: 2 }),
      Plot.dot(shown, { ...at, fill: BLUE, fillOpacity: 0.7, r: 3 }),
      Plot.dot(failed, { ...at, symbol: 'times', stroke: '#c0262d', r: 4 }),
      Plot.dot([best], { ...at, stroke: '#222', r: 7, strokeWidth: 1.5 }),
    ],
  });
}

/** Draws the error of each trial, and the smallest error of all trials up to it. */
export function bestSoFarChart(trials: readonly Trial[]): string {
  const errors = trials.map(({ mean }) => 100 * mean);
  const [low, high] = extent(errors.filter((error) => error > 0 && Number.isFinite(error)));
  const dots = errors
    .map((error, k) => ({ x: k + 1, error: Math.max(error, low) }))
    .filter(({ error }) => error < Infinity);
  const best = dots.map(({ x }, k) => ({
    x,
    error: Math.min(...dots.slice(0, k + 1).map(({ error }) => error)),
  }));
  const at = { x: 'x', y: 'error' } as const;
  return svg({
    height: 230,
    marginLeft: 52,
    marginRight: 18,
    marginBottom: 38,
    x: {
      label: 'trial',
      labelOffset: 36,
      ticks: Math.min(6, trials.length),
      tickFormat: 'd',
      inset: 8,
    },
    y: { ...errorAxis(low, high) },
    marks: [
      Plot.line(best, { ...at, stroke: ORANGE, strokeWidth: 2, curve: 'step-after' }),
      Plot.dot(dots, { ...at, fill: BLUE, fillOpacity: 0.7, r: 3 }),
    ],
  });
}

/**
 * Makes an axis for errors. It is logarithmic if the largest error is more than 3 times the
 * smallest.
 */
function errorAxis(low: number, high: number): Plot.ScaleOptions {
  const log = high > 3 * low;
  return {
    label: 'error, %',
    grid: true,
    ticks: 5,
    tickFormat: tick,
    inset: 6,
    ...(log ? { type: 'log', domain: [low, high] } : { domain: [low, high] }),
  };
}

function extent(values: readonly number[]): [number, number] {
  if (values.length === 0) return [1, 100];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low < high ? [low, high] : [low * 0.9, high * 1.1];
}

const shortened = (name: string) => (name.length > 12 ? `…${name.slice(-11)}` : name);

function svg(options: Plot.PlotOptions): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const style = { background: 'none', fontSize: '12px', overflow: 'visible' };
  const plot = Plot.plot({ document, width: WIDTH, marginTop: 22, ...options, style });
  plot.querySelector('style')?.remove();
  const height = options.height ?? 230;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" ` +
    `font-family="system-ui, sans-serif" font-size="12" fill="currentColor" text-anchor="middle">${plot.innerHTML}</svg>`
  );
}
