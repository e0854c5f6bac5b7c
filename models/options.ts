import { checkOptions } from '../lib/check.ts';
import type { Shape } from '../lib/facts.ts';
import type { Initializer } from '../lib/init/initializers.ts';
import type { Rng } from '../lib/rng.ts';
import { factsOf } from '../lib/shapes.ts';
import type { Box } from '../modules/container/sequential.ts';

/** The options of every network. */
export interface NetworkOptions {
  /** The generator that draws the weights. */
  readonly rng: Rng;
  /** The number of scores; that of the publication by default. */
  readonly classes?: number;
  /**
   * The factor of the published numbers of channels and units, such as 1/16 for a network to test
   * with, or a function from each published number to the one to use; 1 by default.
   */
  readonly width?: number | ((channels: number) => number);
  /** The height, width and channels of the images; those of the publication by default. */
  readonly inputShape?: ImageShape;
  /** The initial weights; `zeros` is quick where a file will replace them. */
  readonly init?: Initializer;
}

/** Refuses an option that a network has not; `own` names those that other networks do not have. */
export function checkNetworkOptions<Options extends NetworkOptions>(
  network: string,
  options: Options,
  own: readonly (keyof Options & string)[] = [],
): void {
  const shared = ['rng', 'classes', 'width', 'inputShape', 'init'] as const;
  checkOptions<Options>(network, options, [...shared, ...own]);
}

/** The shape of one image. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** Scales published numbers of channels, to multiples of `unit` and at least to `unit`. */
export function scaler(width: NetworkOptions['width'] = 1, unit = 1): (channels: number) => number {
  const scaled = typeof width === 'number' ? (channels: number) => channels * width : width;
  return (channels) => Math.max(1, Math.round(scaled(channels) / unit)) * unit;
}

/**
 * A table of connections for other numbers of maps: its first rows, or its rows again and again,
 * with the maps counted modulo `inChannels`.
 */
export function scaleTable(
  table: readonly number[][],
  inChannels: number,
  outChannels: number,
): number[][] {
  return Array.from({ length: outChannels }, (_, o) => {
    return [...new Set(table[o % table.length].map((channel) => channel % inChannels))];
  });
}

/**
 * The shape, without the batch, that a chain of boxes makes of an image of this shape.
 *
 * Errors: those of the boxes, such as a kernel larger than the image.
 */
export function shapeBehind(boxes: readonly Box[], inputShape: Shape): Shape {
  const start: Shape = [1, ...inputShape];
  return boxes.reduce((shape, box) => factsOf(box, [shape]).outputShape, start).slice(1);
}
