import Table from 'cli-table3';
import type { Dataset } from '../data/dataset.ts';
import { subset } from '../data/split.ts';
import { probeNetwork, type ProbeResult } from '../inspect/probe/probeNetwork.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import type { Module } from '../lib/module.ts';
import { factsOf } from '../lib/shapes.ts';
import { evaluate } from '../train/evaluate.ts';
import { boxLabel } from '../report/comparePage.ts';
import {
  formatError,
  formatSetting,
  probePage,
  PUBLISHED_PROBES,
  publishedError,
  type ProbedNames,
} from '../report/probePage.ts';
import { openSources, testOf, type SourceOptions } from './openSource.ts';
import { partsBar } from './progress.ts';

/** The options of `boxprop probe`. */
export interface ProbeSourceOptions extends SourceOptions {
  /** The largest number of training examples. */
  readonly limit: number;
  /** The largest number of test examples. */
  readonly testLimit: number;
  /** The largest number of features per box. */
  readonly features: number;
  /** The path of the HTML file. */
  readonly out: string;
  /** The path of the JSON file, if there is one. */
  readonly json?: string;
}

/**
 * Probes the output of each box of a network, and writes the page and the JSON file.
 *
 * Errors: those of `openSources` and `probeNetwork`; data without test examples.
 * @returns the errors of all boxes, and the published ones, as tables.
 */
export async function probeSource(word: string, options: ProbeSourceOptions): Promise<string> {
  const [source] = await openSources('probe', [word], options);
  const { network, train } = source;
  const bar = partsBar('box');
  try {
    const test = testOf(source);
    const result = await probeNetwork(
      network,
      { train, test },
      {
        examples: options.limit,
        testExamples: options.testLimit,
        maxFeatures: options.features,
        seed: options.seed,
        onBox: (done, total) => bar.show(done, total),
      },
    );
    bar.hide();
    const ownErrorRate = await ownError(network, test, result.examples.test);
    const names = { network: word, data: test.name, ownErrorRate };
    await writeFileAtomic(options.out, probePage(names, result));
    if (options.json !== undefined)
      await writeFileAtomic(options.json, `${JSON.stringify({ ...names, ...result })}\n`);
    return formatProbe(names, result);
  } finally {
    bar.hide();
    network.dispose();
  }
}

/**
 * Returns the error of the network itself on the first test examples; undefined if it gives no
 * score per class.
 */
async function ownError(
  network: Module,
  test: Dataset,
  examples: number,
): Promise<number | undefined> {
  const [, ...scores] = factsOf(network, [[1, ...test.inputShape]]).outputShape;
  if (scores.length !== 1 || scores[0] !== test.classes) return undefined;
  const indices = Array.from({ length: examples }, (_, i) => i);
  return (await evaluate(network, subset(test, indices))).errorRate;
}

function formatProbe({ data, ownErrorRate }: ProbedNames, result: ProbeResult): string {
  const style = { head: [], border: [], compact: true };
  const { fit, validation, test } = result.examples;
  const boxes = new Table({
    head: ['box', 'features', 'linear, %', 'λ', 'nearest, %', 'k'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style,
  });
  for (const { box, features, linear, nearest } of result.boxes) {
    boxes.push([
      boxLabel(box),
      features,
      formatError(linear.errorRate, test),
      formatSetting(linear.setting),
      formatError(nearest.errorRate, test),
      formatSetting(nearest.setting),
    ]);
  }
  const published = new Table({
    head: ['', 'Caltech-101, %', 'Caltech-256, %'],
    colAligns: ['left', 'right', 'right'],
    style,
  });
  for (const { classifier, caltech101, caltech256 } of PUBLISHED_PROBES)
    published.push([classifier, publishedError(caltech101), publishedError(caltech256)]);
  const own =
    ownErrorRate === undefined
      ? []
      : [`The network itself: ${formatError(ownErrorRate, test)} % on the same test examples`];
  return [
    `Test error on ${test} examples of ${data}; fitted to ${fit + validation}, settings chosen on ${validation} of them`,
    boxes.toString(),
    ...own,
    '',
    'Published, of a network trained on ImageNet (Zeiler & Fergus 2013, table 7)',
    published.toString(),
  ].join('\n');
}
