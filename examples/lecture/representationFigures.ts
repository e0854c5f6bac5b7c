import { estimate } from '../../lib/estimate.ts';
import { chart } from '../../report/charts.ts';
import { heatMap } from '../../report/heatMap.ts';

/** A mean over seeds, and its standard error. */
export type Measured = readonly [mean: number, standardError: number];

/** A comparison of two networks, as means over pairs of trainings. */
export interface MeanComparison {
  readonly a: readonly string[];
  readonly b: readonly string[];
  readonly cka: readonly (readonly Measured[])[];
  readonly rsa: readonly (readonly Measured[])[];
  /** For each box of the first network, the mean correlation of its units with their matches. */
  readonly units: readonly Measured[];
}

/** The errors in percent of the classifiers on each box, as means over seeds. */
export interface MeanProbe {
  readonly boxes: readonly string[];
  readonly linear: readonly Measured[];
  readonly nearest: readonly Measured[];
  readonly own: Measured;
}

/** The content of docs/lecture/representations.json. */
export interface Representations {
  readonly compare: Readonly<Record<'seeds' | 'architectures' | 'random', MeanComparison>>;
  readonly probe: Readonly<Record<'trained' | 'random', MeanProbe>>;
}

/** Returns the mean and the standard error of some values, to four digits after the point. */
export function measuredOf(values: readonly number[]): Measured {
  const { mean, standardError = NaN } = estimate(values);
  const rounded = (value: number) => Number(value.toFixed(4));
  return [rounded(mean), rounded(standardError)];
}

const TITLES = {
  seeds: ['LeNet, one seed', 'LeNet, another seed'],
  architectures: ['LeNet', 'LeNet-5'],
  random: ['LeNet, trained', 'LeNet, random weights'],
} as const;

/** Draws the figures of docs/lecture/compare.md and probe.md, by the names of their files. */
export function drawFigures({ compare, probe }: Representations): Record<string, string> {
  const maps = (['seeds', 'architectures', 'random'] as const).map((name) => {
    const { a, b, cka } = compare[name];
    const values = cka.map((row) => row.map(([mean]) => mean));
    return [`compare-${name}.svg`, heatMap({ values, rows: a, columns: b, titles: TITLES[name] })];
  });
  const curve = (name: string, values: readonly Measured[]) =>
    values.map(([y], x) => ({ x, y, curve: name }));
  const { trained, random } = probe;
  const curves = ['linear', 'nearest', 'linear, random weights', 'nearest, random weights'];
  const points = [trained.linear, trained.nearest, random.linear, random.nearest].flatMap(
    (values, k) => curve(curves[k], values),
  );
  const axes = { x: 'box, 0 is the input', y: 'test error, %', curves, at: trained.own[0] };
  // A page may be dark, and the text of a figure is black.
  const opaque = (svg: string) => svg.replace('<svg ', '<svg style="background: #fff" ');
  return Object.fromEntries(
    [...maps, ['probe.svg', chart(points, axes)]].map(([name, svg]) => [name, opaque(svg)]),
  );
}

/** Formats the tables of docs/lecture/compare.md and probe.md, in this order. */
export function formatTables({ compare, probe }: Representations): string[] {
  const { seeds, architectures, random } = compare;
  const best = ({ b, cka }: MeanComparison, row: number) => {
    const values = cka[row].map(([mean]) => mean);
    const place = values.indexOf(Math.max(...values));
    return `${b[place]} (${formatted(cka[row][place], 3)})`;
  };
  const compared = seeds.a.map((box, i) => [
    box,
    best(seeds, i),
    formatted(seeds.rsa[i][i], 3),
    formatted(seeds.units[i], 2),
    best(architectures, i),
    best(random, i),
  ]);
  const { trained, random: untrained } = probe;
  const probed = trained.boxes.map((box, k) => [
    box,
    ...[trained.linear, trained.nearest, untrained.linear, untrained.nearest].map((values) =>
      formatted(values[k], 2),
    ),
  ]);
  return [
    tableOf(
      ['box of LeNet', 'another seed', 'RSA', 'units, r', 'LeNet-5', 'random weights'],
      compared,
    ),
    tableOf(
      ['box', 'linear, %', 'nearest, %', 'linear, random weights', 'nearest, random weights'],
      probed,
    ),
  ];
}

const formatted = ([mean, error]: Measured, digits: number) =>
  `${mean.toFixed(digits)} ± ${error.toFixed(digits)}`;

/** Formats a table as Markdown, in the form that prettier gives it. */
function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, k) => Math.max(...all.map((row) => row[k].length)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, k) => cell.padEnd(widths[k])).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return [line(head), rule, ...rows.map(line)].join('\n');
}
