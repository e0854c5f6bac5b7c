import type { ObservedBox } from '../inspect/boxOutputs.ts';
import { mostSimilar, type Comparison } from '../inspect/similarity/compareNetworks.ts';
import { heatMap } from './heatMap.ts';
import { escape, page, unfolding } from './html.ts';

/** The names of the compared networks. */
export interface ComparedNames {
  readonly a: string;
  readonly b: string;
  /** The name of the data. */
  readonly data: string;
}

/** Formats the name of a box: `Conv2D 0`. */
export function boxLabel({ name, path }: ObservedBox): string {
  return path === '' ? name : `${name} ${path}`;
}

/** A box of the first network with the box of the second that resembles it most. */
export interface Nearest {
  readonly box: ObservedBox;
  /** The most similar box; undefined if the box gives one output for all examples. */
  readonly other: ObservedBox | undefined;
  /** CKA of both. */
  readonly cka: number;
  /** The representational similarity of both. */
  readonly rsa: number;
  /** The box with whose units the units are matched. */
  readonly matched: ObservedBox | undefined;
  /** The mean correlation of the units with their matches; NaN if there are none. */
  readonly correlation: number;
}

/** Lists the most similar box of the second network for each box of the first. */
export function nearestBoxes({ a, b, cka, rsa, matches }: Comparison): Nearest[] {
  return a.map((box, i) => {
    const j = mostSimilar(cka[i]);
    const match = matches.find((one) => one.a === i);
    const found = match?.units.filter(({ match }) => match !== undefined) ?? [];
    return {
      box,
      other: j === undefined ? undefined : b[j],
      cka: j === undefined ? NaN : cka[i][j],
      rsa: j === undefined ? NaN : rsa[i][j],
      matched: match && b[match.b],
      correlation: found.reduce((sum, one) => sum + one.correlation, 0) / found.length,
    };
  });
}

/** Formats a similarity: `0.97`, or a dash if it is not defined. */
export function formatSimilarity(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : '–';
}

/** The number of boxes whose matches are shown without unfolding. */
const SHOWN = 3;

/** Makes the page of a comparison: two heat maps, the most similar boxes, and the matched units. */
export function comparePage(names: ComparedNames, comparison: Comparison): string {
  const { a, b, examples, batchSize, cka, rsa } = comparison;
  const titles = ['A', 'B'] as const;
  const map = (title: string, values: Comparison['cka']) => {
    const drawn = heatMap({ values, rows: a.map(boxLabel), columns: b.map(boxLabel), titles });
    return `<figure><figcaption>${title}</figcaption>${drawn}</figure>`;
  };
  const nearest = nearestBoxes(comparison);
  const drawn = Math.max(a.length, b.length) > 64 ? ' Only some boxes are drawn; the JSON file has all.' : ''; // prettier-ignore
  return page(
    'Internal representations, compared',
    `<p><b>A</b> ${escape(names.a)}<br><b>B</b> ${escape(names.b)}</p>
<p>${examples} examples of ${escape(names.data)}, in minibatches of ${batchSize}. A cell compares the output of a box of A with that of a box of B: 1, the darkest blue, means the same representation up to rotation and scale, 0 means unrelated ones. × marks a box that gives one output for all examples.${drawn}</p>
<section><h2>Every pair of boxes</h2><div class="grid">${map('Linear CKA, unbiased, minibatch', cka)}${map('Representational similarity (Spearman)', rsa)}</div></section>
<section><h2>Most similar boxes</h2>${nearestTable(nearest)}</section>
<section><h2>Best-matching units</h2><p>For each unit of a box of A, the unit of a box of B with the largest correlation: of the box with the same path, class and shape, or else of the box with the largest CKA. A unit is a channel, over all positions if both boxes have the same height and width, and otherwise averaged over the positions.</p>${unfolding(unitTables(comparison), SHOWN, 'Later boxes')}</section>`,
  );
}

function nearestTable(nearest: readonly Nearest[]): string {
  const head = ['box of A', 'most similar box of B', 'CKA', 'RSA', 'units, mean r'];
  const rows = nearest.map(({ box, other, cka, rsa, correlation }) => [
    boxLabel(box),
    other === undefined ? '–' : boxLabel(other),
    ...[cka, rsa, correlation].map(formatSimilarity),
  ]);
  return tableOf(head, rows);
}

function unitTables({ a, b, matches }: Comparison): string[] {
  return matches.map((one) => {
    const cells = one.units.map(({ unit, match, correlation }) => {
      const found = match === undefined ? '–' : `${match} <small>${correlation.toFixed(2)}</small>`;
      return `<td>${unit} → ${found}</td>`;
    });
    const lines = Array.from({ length: Math.ceil(cells.length / COLUMNS) }, (_, k) =>
      cells.slice(k * COLUMNS, (k + 1) * COLUMNS).join(''),
    );
    const all = a[one.a].shape.at(-1) ?? 0;
    const part = all > one.units.length ? `, the first ${one.units.length} of ${all} units` : '';
    const title = `${boxLabel(a[one.a])} of A and ${boxLabel(b[one.b])} of B${part}`;
    return `<h3>${escape(title)}</h3><div class="scroll"><table class="trials">${lines.map((line) => `<tr>${line}</tr>`).join('')}</table></div>`;
  });
}

/** The number of matches per line. A table of four fits a phone. */
const COLUMNS = 4;

/** Makes a table of text. */
function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table class="trials">${line(head, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table></div>`;
}
