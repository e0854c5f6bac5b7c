import type { LayerStats } from '../train/layerStats.ts';
import { chart, type ChartOptions, type Point } from './charts.ts';
import type { ReportData } from './collect.ts';
import type { HiddenUnits } from './hiddenUnits.ts';
import { tiles, type Figure } from './pictures.ts';
import type { Figures, RunLines } from './runLines.ts';

const STEPS = 600;

/** The main figure of each epoch, and the unit of the losses. */
export interface MainFigure<F> {
  readonly name: string;
  readonly title: string;
  readonly y: string;
  readonly of: (figures: F) => number;
  readonly loss: string;
}

/** Draws the curves of the error, the loss and the learning rate. */
export function curveFigures({ lines }: Pick<ReportData, 'lines'>): Figure[] {
  return mainFigures<Figures>(lines, {
    name: 'error',
    title: 'Error',
    y: 'error, %',
    of: ({ errorRate }) => 100 * errorRate,
    loss: 'loss, nats',
  });
}

/** Draws the curves of the main figure, the loss and the learning rate. */
export function mainFigures<F extends { readonly loss: number }>(
  { epochs, steps }: RunLines<F>,
  main: MainFigure<F>,
): Figure[] {
  const every = Math.ceil(steps.length / STEPS);
  const thinned = steps.filter((_, k) => k % every === 0);
  const both = (figure: (of: F) => number): Point[] =>
    epochs.flatMap(({ epoch, train, validation }) => [
      { x: epoch, y: figure(train), curve: 'training' },
      { x: epoch, y: figure(validation), curve: 'held out' },
    ]);
  const curves = ['training', 'held out'];
  const ofSteps = (curve: 'loss' | 'learningRate') =>
    thinned.map((one) => ({ x: one.step, y: one[curve], curve }));
  const losses = steps.map(({ loss }) => loss);
  const log = Math.max(...losses) > 50 * Math.min(...losses);
  return [
    figure(main.name, main.title, both(main.of), { x: 'epoch', y: main.y, curves }),
    figure(
      'loss',
      'Loss',
      both(({ loss }) => loss),
      { x: 'epoch', y: main.loss, curves },
    ),
    figure('steps', 'Loss of each step', ofSteps('loss'), {
      x: 'step',
      y: main.loss,
      curves: ['loss'],
      log,
      noisy: true,
    }),
    figure('rate', 'Learning rate', ofSteps('learningRate'), {
      x: 'step',
      y: 'learning rate',
      curves: ['learningRate'],
    }),
  ].flat();
}

/** Draws the root mean squares of weights, gradients and updates. */
export function sizeFigures({
  lines: { epochs },
  boxNames,
}: {
  readonly lines: Pick<RunLines<unknown>, 'epochs'>;
  readonly boxNames: ReportData['boxNames'];
}): Figure[] {
  const nameOf = ({ path }: LayerStats) => boxNames[path] ?? path;
  const curves = Array.from(new Set(epochs.flatMap(({ boxes }) => boxes.map(nameOf))));
  const of = (size: (box: LayerStats) => number): Point[] =>
    epochs.flatMap(({ epoch, boxes }) =>
      boxes.map((box) => ({ x: epoch, y: size(box), curve: nameOf(box) })),
    );
  const options = { x: 'epoch', y: 'root mean square', curves, log: true };
  return [
    figure(
      'weights',
      'Weights of each box',
      of(({ weight }) => weight),
      options,
    ),
    figure(
      'gradients',
      'Gradients of each box',
      of(({ gradient }) => gradient),
      options,
    ),
    figure(
      'updates',
      'Updates relative to the weights',
      of(({ update, weight }) => update / weight),
      {
        ...options,
        y: 'update / weight',
        at: 1e-3,
      },
    ),
  ].flat();
}

/** Draws a chart. Returns an empty list if there are no points to show. */
function figure(
  name: string,
  title: string,
  points: readonly Point[],
  options: ChartOptions,
): Figure[] {
  const shown = points.filter(({ y }) => Number.isFinite(y) && (options.log !== true || y > 0));
  return shown.length === 0 ? [] : [{ name, title, picture: chart(shown, options) }];
}

/**
 * Draws hidden units, with one row per example and one column per unit. White is the largest
 * magnitude m of all values. Black is 0, or −m if there are negative values.
 */
export function unitsFigure({ box, examples, units, values }: HiddenUnits): Figure {
  const most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
  const least = values.some((value) => value < 0) ? -most : 0;
  const picture = { height: examples, width: units, channels: 1, values };
  return { name: 'hidden-units', title: box, picture: tiles([picture], 1, [least, most]) };
}

/**
 * Draws the correlations of hidden units, one row and one column per unit: white is 1, grey is 0
 * and black is −1. Returns an empty list if fewer than two units depend on the input.
 */
export function correlationsFigures({ box, correlations }: HiddenUnits): Figure[] {
  const units = Math.sqrt(correlations.length);
  const picture = { height: units, width: units, channels: 1, values: correlations };
  const drawn = () => tiles([picture], 1, [-1, 1]);
  return units < 2 ? [] : [{ name: 'hidden-correlations', title: box, picture: drawn() }];
}

/** The statistics of hidden units that are drawn over the epochs, with their titles. */
const HIDDEN = [
  ['dead', 'Units that ignore the input'],
  ['sparsityAcrossExamples', 'Near 0, across examples'],
  ['sparsityAcrossUnits', 'Near 0, across units'],
  ['correlation', 'Correlation between units'],
] as const;

/** Draws the statistics of the hidden units of each box over the epochs. */
export function hiddenFigures({ lines: { epochs } }: Pick<ReportData, 'lines'>): Figure[] {
  const boxes = epochs.flatMap(({ hidden = [] }) => hidden.map(({ box }) => box));
  const curves = Array.from(new Set(boxes));
  return HIDDEN.flatMap(([key, title]) => {
    const points = epochs.flatMap(({ epoch, hidden = [] }) =>
      hidden.map((one) => ({ x: epoch, y: one[key], curve: one.box })),
    );
    const y = key === 'correlation' ? 'mean of |ρ|' : 'share';
    return figure(`hidden-${key}`, title, points, { x: 'epoch', y, curves });
  });
}

/** Draws the filters of the first box with kernels. */
export function filtersFigure({ filters }: Pick<ReportData, 'filters'>): Figure {
  const columns = filters.length > 32 ? 16 : 8;
  const range = filters[0].channels === 1 ? 'around 0' : 'own';
  return {
    name: 'filters',
    title: 'Filters of the first layer',
    picture: tiles(filters, columns, range),
  };
}

/** Draws the feature maps, with one figure per box and chosen example. */
export function mapFigures({ featureMaps }: ReportData): readonly (readonly Figure[])[] {
  return featureMaps.map(({ label, maps }, box) =>
    maps.map((own, k) => ({ name: `maps-${box}-${k}`, title: label, picture: tiles(own, 8) })),
  );
}
