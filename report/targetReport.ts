import type { TargetDataset } from '../data/targets.ts';
import { writeFileAtomic } from '../lib/files/writeFileAtomic.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import type { LogLine } from '../train/runLog.ts';
import { namesOf } from './collect.ts';
import { filtersFigure, mainFigures, sizeFigures } from './figures.ts';
import { firstFilters } from './filters.ts';
import { escape, figureHtml, grid, image, page } from './html.ts';
import { judgeTargets } from './judgeTargets.ts';
import { picturesOf, tiles, type Picture } from './pictures.ts';
import { judged, sizesSection } from './render.ts';
import { sortTargetLines } from './runLines.ts';

/** The run that a report shows. */
export interface TargetReportOptions {
  /** The title of the page. */
  readonly title: string;
  /** The lines of the run's log. */
  readonly log: readonly LogLine[];
  /** The trained network. */
  readonly network: Module;
  /** Examples that the network was not trained on, as the network receives them. */
  readonly dataset: TargetDataset;
  /** The result on them in words. */
  readonly result: string;
  /** The result of each column, if the targets are columns. */
  readonly columns: readonly { readonly name: string; readonly words: string }[];
}

/** The number of examples whose target images are shown. */
const SHOWN = 6;

/**
 * Writes the report of a run with targets other than one label per example: the curves, the sizes
 * of weights and gradients, the result of each column or some target images, and the filters.
 *
 * Errors: a log with damaged lines; a file that cannot be written.
 * @returns the path of the file.
 */
export async function writeTargetReport(
  file: string,
  { title, log, network, dataset, result, columns }: TargetReportOptions,
): Promise<string[]> {
  const lines = sortTargetLines(log);
  const isError = dataset.target.kind !== 'numbers';
  const curves = mainFigures(lines, {
    name: isError ? 'error' : 'r-squared',
    title: isError ? 'Error' : 'R²',
    y: isError ? 'error, %' : 'R²',
    of: ({ metrics: { errorRate, rSquared } }) => (isError ? 100 * errorRate : rSquared),
    loss: 'loss',
  });
  const sizes = sizeFigures({ lines, boxNames: namesOf(network) });
  const filters = await firstFilters(network);
  const rows = columns.map(({ name, words }) => `<li><b>${escape(name)}</b> ${escape(words)}</li>`);
  const pictures = await targetPictures(network, dataset);
  const sections: [string, string][] = [
    ['Training curves', grid(curves)],
    ...(sizes.length > 0
      ? [['Weights, gradients, updates', sizesSection(sizes)] as [string, string]]
      : []),
    ...(rows.length > 1 ? [['Columns', `<ul>${rows.join('')}</ul>`] as [string, string]] : []),
    ...(pictures === '' ? [] : [['Targets', pictures] as [string, string]]),
    ...(filters.length > 0
      ? [
          [
            'Filters of the first layer',
            figureHtml(filtersFigure({ filters }), { width: 288 }),
          ] as [string, string],
        ]
      : []),
  ];
  const content = sections.map(([name, html]) => `<section><h2>${name}</h2>${html}</section>`);
  const evaluated = `On ${dataset.length} examples that it was not trained on: ${escape(result)}.`;
  await writeFileAtomic(
    file,
    page(title, `${judged(judgeTargets(lines))}\n<p>${evaluated}</p>\n${content.join('\n')}`),
  );
  return [file];
}

/** Draws the inputs, targets and outputs of some examples; empty if the targets are not images. */
async function targetPictures(network: Module, dataset: TargetDataset): Promise<string> {
  const { inputShape, target: info, length } = dataset;
  const { kind, shape, classes = 1 } = info;
  if (shape.length < 2 || inputShape.length !== 3) return '';
  const count = Math.min(SHOWN, length);
  const { input, target } = await dataset.batch(Int32Array.from({ length: count }, (_, i) => i));
  const output = tidy(() => network.infer(input, { mode: 'inference' }));
  const [inputs, targets, outputs] = [await input.data(), await target.data(), await output.data()];
  disposeTensors([input, target, output]);
  const full = kind === 'labels' ? [...shape, 1] : shape;
  const positions = outputs.length / classes;
  const answers =
    kind === 'labels'
      ? Float32Array.from({ length: positions }, (_, i) => largest(outputs, i * classes, classes))
      : kind === 'answers'
        ? Float32Array.from(outputs, (score) => (score > 0 ? 1 : 0))
        : outputs;
  const range = [0, kind === 'labels' ? Math.max(1, classes - 1) : 1] as const;
  const row = (name: string, pictures: readonly Picture[], own = false) =>
    `<h3>${name}</h3><div class="inputs">${image(tiles(pictures, count, own ? 'own' : range), name)}</div>`;
  return [
    row('Inputs', picturesOf(inputs, inputShape), true),
    row('Targets', picturesOf(targets, full)),
    row('Outputs', picturesOf(answers, full)),
  ].join('');
}

/** Returns the index of the largest of `count` scores that begin at `from`. */
function largest(scores: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (scores[from + k] > scores[from + best]) best = k;
  return best;
}
