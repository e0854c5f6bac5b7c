import Table from 'cli-table3';
import type { AlexnetLayer } from '../../models/alexnet.ts';
import { thousands } from '../summary.ts';

/** The published results of an AlexNet without some of its layers. */
interface Published {
  readonly removed: readonly AlexnetLayer[];
  /**
   * From the lecture: the number of removed parameters, and the increase of the top-5 error in
   * percentage points.
   */
  readonly lecture: readonly [parameters: string, points: string];
  /** From Zeiler and Fergus: the errors in percent, on training images and on validation images. */
  readonly zeilerFergus: readonly [train: number, top1: number, top5: number];
}

/**
 * Sources: lecture, "Architecture of Krizhevsky et al."; Zeiler, Fergus 2013, arXiv:1311.2901,
 * table 3.
 */
const PUBLISHED: readonly Published[] = [
  { removed: [], lecture: ['', ''], zeilerFergus: [35.1, 40.5, 18.1] },
  { removed: ['fc7'], lecture: ['16 million', '1.1'], zeilerFergus: [27.4, 40.0, 18.4] },
  { removed: ['fc6', 'fc7'], lecture: ['~50 million', '5.7'], zeilerFergus: [27.4, 44.8, 22.4] },
  { removed: ['conv3', 'conv4'], lecture: ['~1 million', '3.0'], zeilerFergus: [41.8, 45.4, 22.1] },
  {
    removed: ['conv3', 'conv4', 'fc6', 'fc7'],
    lecture: ['', '33.5'],
    zeilerFergus: [71.1, 71.3, 50.1],
  },
];

const STYLE = { head: [], border: [], compact: true };

/** An AlexNet without some layers: the published results, and the counts for boxprop's network. */
export interface Ablation extends Published {
  /** The counts for the network on the slide. */
  readonly slide: Counts;
  /** The counts for the network of the paper, with two groups. */
  readonly paper: Counts;
  /** The shape of the smaller network's output, without the batch. */
  readonly outputShape: readonly number[];
}

interface Counts {
  readonly parameters: number;
  /** The number of parameters that the full network has in addition to this one. */
  readonly dropped: number;
  /**
   * The number of parameters of the removed layers only. (The layer after them changes its size
   * too.)
   */
  readonly ofLayers: number;
}

/** Builds each network of the ablation, counts its parameters and runs it on one image. */
export async function ablateAlexnet(): Promise<Ablation[]> {
  const { useBackend } = await import('../../lib/backend/useBackend.ts');
  const init = await import('../../lib/init/initializers.ts');
  const { Rng } = await import('../../lib/rng.ts');
  const { alexnet } = await import('../../models/alexnet.ts');
  const { tidy } = await import('../../lib/memory.ts');
  const { zeros } = await import('@tensorflow/tfjs-core');
  await useBackend();
  const build = (removed: readonly AlexnetLayer[], groups: 1 | 2) =>
    alexnet({ rng: new Rng(0), init: init.zeros, groups, without: removed });
  const sizesOf = (groups: 1 | 2) => {
    const whole = build([], groups);
    const sizes = Object.entries(whole.params).map(([name, { size }]) => [name, size] as const);
    whole.dispose();
    return sizes;
  };
  const total = (sizes: readonly (readonly [string, number])[]) =>
    sizes.reduce((sum, [, size]) => sum + size, 0);
  const wholes = { 1: sizesOf(1), 2: sizesOf(2) };
  return PUBLISHED.map((published) => {
    const { removed } = published;
    let outputShape: readonly number[] = [];
    const count = (groups: 1 | 2): Counts => {
      const network = build(removed, groups);
      outputShape = tidy(() => network.infer(zeros([1, 227, 227, 3])).shape.slice(1));
      const parameters = Object.values(network.params).reduce((sum, { size }) => sum + size, 0);
      network.dispose();
      const gone = wholes[groups].filter(([name]) =>
        removed.some((layer) => name.startsWith(`${layer}.`)),
      );
      return { parameters, dropped: total(wholes[groups]) - parameters, ofLayers: total(gone) };
    };
    return { ...published, slide: count(1), paper: count(2), outputShape };
  });
}

/** Formats the counts and the published errors as two tables. */
export function formatAblation(ablations: readonly Ablation[]): string {
  const parameters = new Table({
    head: [
      'without',
      'parameters',
      'fewer',
      'of the layers',
      'two groups',
      'fewer',
      'of the layers',
      'lecture',
      'output',
    ],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: STYLE,
  });
  for (const { removed, slide, paper, lecture, outputShape } of ablations) {
    const counts = (of: Counts) => [of.parameters, of.dropped, of.ofLayers].map(thousands);
    parameters.push([
      nameOf(removed),
      ...counts(slide),
      ...counts(paper),
      lecture[0],
      outputShape.join('x'),
    ]);
  }
  return [
    'Parameters of AlexNet as on the slide, and with the two groups of the paper; shape of the output',
    parameters.toString(),
    'The layer behind the gap changes too: conv5 without conv3 and conv4, fc8 without fc6 and fc7.',
    '',
    formatPublished(),
  ].join('\n');
}

/** Returns whether a network has every layer that the published ablations of AlexNet remove. */
export function isLikeAlexnet(layers: readonly string[]): boolean {
  return PUBLISHED.every(({ removed }) => removed.every((layer) => layers.includes(layer)));
}

/** Formats the published errors of AlexNet without some of its layers as a table. */
export function formatPublished(): string {
  const errors = new Table({
    head: [
      'without',
      'lecture: top-5 rises by',
      'Zeiler & Fergus: train',
      'top-1',
      'top-5',
      'top-5 rises by',
    ],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: STYLE,
  });
  const [{ zeilerFergus: replication }] = PUBLISHED;
  for (const { removed, lecture, zeilerFergus } of PUBLISHED) {
    const rise = removed.length === 0 ? '' : (zeilerFergus[2] - replication[2]).toFixed(1);
    const percentages = zeilerFergus.map((error) => error.toFixed(1));
    errors.push([nameOf(removed), lecture[1], ...percentages, rise]);
  }
  return [
    'Published errors in percent: the lecture; Zeiler and Fergus 2013, table 3 (their replication)',
    errors.toString(),
    "The two sources disagree; the origin of the lecture's values is unknown.",
  ].join('\n');
}

function nameOf(removed: readonly AlexnetLayer[]): string {
  return removed.length === 0 ? '(all layers)' : removed.join(', ');
}
