import Table from 'cli-table3';
import type { Dataset } from '../data/dataset.ts';
import { InputError } from '../lib/errors.ts';
import { compareNetworks, type Comparison } from '../inspect/similarity/compareNetworks.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import {
  boxLabel,
  comparePage,
  formatSimilarity,
  nearestBoxes,
  type ComparedNames,
} from '../report/comparePage.ts';
import { openSources, testOf, type SourceOptions } from './openSource.ts';
import { logBackend } from './process.ts';
import { partsBar } from './progress.ts';

/** The options of `boxprop compare`. */
export interface CompareSourcesOptions extends SourceOptions {
  /** The largest number of test examples. */
  readonly limit: number;
  /** The number of examples per minibatch; by default as many as `compareNetworks` chooses. */
  readonly batchSize?: number;
  /** The number of units per box that are matched. */
  readonly units: number;
  /** The path of the HTML file. */
  readonly out: string;
  /** The path of the JSON file, if there is one. */
  readonly json?: string;
}

/**
 * Compares two networks on the same test examples, and writes the page and the JSON file.
 *
 * Errors: those of `openSources` and `compareNetworks`; networks that read different examples.
 * @returns the most similar boxes, as a table.
 */
export async function compareSources(
  a: string,
  b: string,
  options: CompareSourcesOptions,
): Promise<string> {
  const sources = await openSources('compare', [a, b], options);
  const bar = partsBar('batch');
  try {
    const [own, other] = sources.map((source) => ({
      network: source.network,
      data: testOf(source),
    }));
    checkSameExamples(own.data, other.data);
    const { limit: examples, batchSize, units } = options;
    const comparison = await compareNetworks(own, other, {
      examples,
      units,
      ...(batchSize !== undefined && { batchSize }),
      onBatch: (done, total) => bar.show(done, total),
    });
    bar.hide();
    const few = fewExamples(comparison);
    if (few !== undefined) logBackend(`boxprop: compare: ${few}`);
    const names = { a, b, data: own.data.name };
    await writeFileAtomic(options.out, comparePage(names, comparison));
    if (options.json !== undefined)
      await writeFileAtomic(options.json, `${toJson(names, comparison)}\n`);
    return formatComparison(names, comparison);
  } finally {
    bar.hide();
    sources.forEach(({ network }) => network.dispose());
  }
}

/** Throws if the classes of two datasets' examples differ, because then their examples do. */
export function checkSameExamples(a: Dataset, b: Dataset): void {
  const [x, y] = [a, b].map(classesOfExamples);
  const isSame =
    a.length === b.length &&
    (x === undefined || y === undefined || x.every((name, i) => name === y[i]));
  if (isSame) return;
  throw new InputError(
    `compare: expected the same test examples for both networks, got ${a.length} of ${a.name} and ${b.length} of ${b.name}`,
  );
}

/**
 * Returns the class of each example: its name, because weights may number the classes in another
 * order, or else its number.
 */
function classesOfExamples({ labels, classNames }: Dataset): (string | number)[] | undefined {
  return labels && Array.from(labels, (label) => classNames?.[label] ?? label);
}

/** The standard deviation of CKA above which the examples are few. */
const FEW = 0.1;

/**
 * Returns a line if the examples are so few that unrelated boxes may resemble each other. Unbiased
 * CKA correlates n(n − 3)/2 independent values per minibatch of n examples, so that for unrelated
 * boxes it is 0 with a standard deviation of √(2/(m n (n − 3))) over m minibatches.
 */
export function fewExamples({
  examples,
  batchSize,
}: Pick<Comparison, 'examples' | 'batchSize'>): string | undefined {
  const deviation = Math.sqrt(2 / (examples * (batchSize - 3)));
  if (deviation <= FEW) return undefined;
  return `${examples} examples in minibatches of ${batchSize} are few: CKA of unrelated boxes is then 0 ± ${deviation.toFixed(1)}`;
}

/** Returns all values as JSON; a similarity that is not defined is null. */
function toJson({ a, b, data }: ComparedNames, comparison: Comparison): string {
  const { matches, ...rest } = comparison;
  return JSON.stringify({
    networks: { a, b },
    data,
    ...rest,
    matches: matches.map((one) => ({
      ...one,
      units: one.units.map(({ match = null, ...unit }) => ({ ...unit, match })),
    })),
  });
}

function formatComparison({ data }: ComparedNames, comparison: Comparison): string {
  const table = new Table({
    head: ['box of A', 'most similar box of B', 'CKA', 'RSA', 'units matched with', 'mean r'],
    colAligns: ['left', 'left', 'right', 'right', 'left', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { box, other, cka, rsa, matched, correlation } of nearestBoxes(comparison)) {
    table.push([
      boxLabel(box),
      other === undefined ? '–' : boxLabel(other),
      formatSimilarity(cka),
      formatSimilarity(rsa),
      matched === undefined ? '–' : boxLabel(matched),
      formatSimilarity(correlation),
    ]);
  }
  const { examples, batchSize } = comparison;
  return `${examples} examples of ${data}, in minibatches of ${batchSize}\n${table.toString()}`;
}
