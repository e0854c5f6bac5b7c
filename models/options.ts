import { checkOptions } from '../lib/check.ts';
import type { Shape } from '../lib/facts.ts';
import { heNormal, type Initializer } from '../lib/init/initializers.ts';
import type { Rng } from '../lib/rng.ts';
import { factsOf } from '../lib/shapes.ts';
import type { Box } from '../modules/container/sequential.ts';

/** The options of every network. */
export interface NetworkOptions {
  /** The generator that draws the weights. */
  readonly rng: Rng;
  /** The number of scores; by default the number in the publication. */
  readonly classes?: number;
  /**
   * The factor that multiplies the published numbers of channels and units, such as 1/16 for a
   * small test network; 1 by default. A function maps each published number to the number to use.
   */
  readonly width?: number | ((channels: number) => number);
  /** The height, width and channels of the images; those of the publication by default. */
  readonly inputShape?: ImageShape;
  /**
   * Draws the initial weights. The default is the network's own; `zeros` is faster if a file
   * replaces the weights anyway.
   */
  readonly init?: Initializer;
}

/**
 * Throws if the network does not have an option. `own` lists the options that only this network
 * has.
 */
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

/**
 * Returns a function that scales published numbers of channels and rounds them to multiples of
 * `unit`, at least to `unit` itself.
 */
export function scaler(width: NetworkOptions['width'] = 1, unit = 1): (channels: number) => number {
  const scaled = typeof width === 'number' ? (channels: number) => channels * width : width;
  return (channels) => Math.max(1, Math.round(scaled(channels) / unit)) * unit;
}

/**
 * Returns the options of a network for ImageNet with their defaults: 1000 classes, images of three
 * channels, and initial weights of He et al. `n` scales a published number of channels.
 */
export function imageNetOptions({ rng, classes = 1000, inputShape, init, width }: NetworkOptions) {
  const [, , channels] = inputShape ?? [224, 224, 3];
  return { rng, classes, channels, init: init ?? heNormal, n: scaler(width) };
}

/**
 * Adapts a table of connections to other numbers of maps. It takes the first rows, repeats the rows
 * if there are too few, and takes the indices of the maps modulo `inChannels`.
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
 * Returns the shape of a chain's output for an image of this shape, both without the batch.
 *
 * Errors: those of the boxes, such as a kernel larger than the image.
 */
export function shapeBehind(boxes: readonly Box[], inputShape: Shape): Shape {
  const start: Shape = [1, ...inputShape];
  return boxes.reduce((shape, box) => factsOf(box, [shape]).outputShape, start).slice(1);
}
