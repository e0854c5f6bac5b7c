import type { BoxProbe, ProbeResult } from '../inspect/probe/probeNetwork.ts';
import { chart, type Point } from './charts.ts';
import { boxLabel } from './comparePage.ts';
import { escape, page } from './html.ts';

/** The texts and the reference of a page about probes. */
export interface ProbedNames {
  readonly network: string;
  readonly data: string;
  /** The test error of the network itself on the same examples; undefined if its classes differ. */
  readonly ownErrorRate: number | undefined;
}

/** A row of the published table. */
interface Published {
  readonly classifier: string;
  /** Accuracy in percent, with its deviation. */
  readonly caltech101: readonly [number, number];
  readonly caltech256: readonly [number, number];
}

/**
 * Accuracies of linear classifiers on the layers of a network trained on ImageNet, for Caltech-101
 * with 30 and Caltech-256 with 60 training images per class.
 *
 * Source: Zeiler, Fergus 2013, arXiv:1311.2901, table 7.
 */
export const PUBLISHED_PROBES: readonly Published[] = [
  { classifier: 'SVM on layer 1', caltech101: [44.8, 0.7], caltech256: [24.6, 0.4] },
  { classifier: 'SVM on layer 2', caltech101: [66.2, 0.5], caltech256: [39.6, 0.3] },
  { classifier: 'SVM on layer 3', caltech101: [72.3, 0.4], caltech256: [46.0, 0.3] },
  { classifier: 'SVM on layer 4', caltech101: [76.6, 0.4], caltech256: [51.3, 0.1] },
  { classifier: 'SVM on layer 5', caltech101: [86.2, 0.8], caltech256: [65.6, 0.3] },
  { classifier: 'SVM on layer 7', caltech101: [85.5, 0.4], caltech256: [71.7, 0.2] },
  { classifier: 'softmax on layer 5', caltech101: [82.9, 0.4], caltech256: [65.7, 0.5] },
  { classifier: 'softmax on layer 7', caltech101: [85.4, 0.4], caltech256: [72.6, 0.1] },
];

/**
 * Formats an error rate in percent with its standard error, √(e (1 − e)/n). One example has an
 * error of 0 or 1 only, so its standard error would always be 0, and is left out.
 */
export function formatError(errorRate: number, examples: number): string {
  if (!Number.isFinite(errorRate)) return '–';
  if (examples < 2) return (100 * errorRate).toFixed(2);
  const deviation = Math.sqrt((errorRate * (1 - errorRate)) / examples);
  return `${(100 * errorRate).toFixed(2)} ± ${(100 * deviation).toFixed(2)}`;
}

/** Formats an accuracy of the published table as an error in percent: `55.2 ± 0.7`. */
export function publishedError([accuracy, deviation]: readonly [number, number]): string {
  return `${(100 - accuracy).toFixed(1)} ± ${deviation.toFixed(1)}`;
}

/** Formats a setting: `0.01`, or a dash if there is none. */
export function formatSetting(setting: number): string {
  return Number.isFinite(setting) ? String(setting) : '–';
}

/** Draws the test errors of both classifiers by depth. */
function probeChart(boxes: readonly BoxProbe[], ownErrorRate: number | undefined): string {
  const curves = ['linear', 'nearest neighbours'];
  const points = boxes.flatMap(({ linear, nearest }, x): Point[] => [
    { x, y: 100 * linear.errorRate, curve: curves[0] },
    { x, y: 100 * nearest.errorRate, curve: curves[1] },
  ]);
  return chart(points, {
    x: 'box, 0 is the input',
    y: 'test error, %',
    curves,
    ...(ownErrorRate !== undefined && { at: 100 * ownErrorRate }),
  });
}

/** Makes the page of the probes of a network. */
export function probePage(names: ProbedNames, { boxes, examples, classes }: ProbeResult): string {
  const { network, data, ownErrorRate } = names;
  const { fit, validation, test } = examples;
  const own =
    ownErrorRate === undefined
      ? ''
      : ` The dashed line is the error of the network itself on these examples, ${(100 * ownErrorRate).toFixed(2)} %.`;
  const rows = boxes.map(({ box, features, linear, nearest }, k) => [
    String(k),
    boxLabel(box),
    String(features),
    formatError(linear.errorRate, test),
    formatSetting(linear.setting),
    formatError(nearest.errorRate, test),
    formatSetting(nearest.setting),
  ]);
  const head = ['', 'box', 'features', 'linear, %', 'λ', 'nearest, %', 'k'];
  const published = PUBLISHED_PROBES.map(({ classifier, caltech101, caltech256 }) => [
    classifier,
    publishedError(caltech101),
    publishedError(caltech256),
  ]);
  return page(
    `Features tapped off ${network}`,
    `<p>A linear classifier and a nearest-neighbour classifier on the output of each box, for ${classes} classes of ${escape(data)}. They are fitted to ${fit + validation} training examples. The penalty λ and the number k of neighbours are chosen on ${validation} of these, and the errors are those on ${test} test examples, ± their standard errors.${own}</p>
<section><h2>Error by depth</h2>${probeChart(boxes, ownErrorRate)}</section>
<section><h2>Each box</h2>${tableOf(head, rows)}</section>
<section><h2>Published</h2><p>Errors by layer of a network that was trained on ImageNet and probed on other images (Zeiler &amp; Fergus 2013, table 7, as 100 − accuracy). They compare in their shape only: the network above was probed on ${escape(data)}.</p>${tableOf(['', 'Caltech-101, %', 'Caltech-256, %'], published)}</section>`,
  );
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="scroll"><table class="trials">${line(head, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table></div>`;
}
