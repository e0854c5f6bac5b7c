import type { Initializer } from '../lib/init/initializers.ts';
import type { Rng } from '../lib/rng.ts';

/** What every network may be given. */
export interface NetworkOptions {
  readonly rng: Rng;
  /** How many scores the network gives. */
  readonly classes?: number;
  /**
   * A multiple of the published channels and units, such as 1/16 for a network to test with, or what becomes of each
   * number of them; 1 by default.
   */
  readonly width?: number | ((channels: number) => number);
  /** Height, width and channels of the images. */
  readonly inputShape?: ImageShape;
  /** Draws the weights; `zeros` is quick where a file will replace them. */
  readonly init?: Initializer;
}

export type ImageShape = readonly [height: number, width: number, channels: number];

/** Scales published numbers of channels, to multiples of `unit` of at least one. */
export function scaler(width: NetworkOptions['width'] = 1, unit = 1): (channels: number) => number {
  const scaled = typeof width === 'number' ? (channels: number) => channels * width : width;
  return (channels) => Math.max(1, Math.round(scaled(channels) / unit)) * unit;
}

/** A table of connections for other numbers of maps: its rows over again or as many as there are, on the maps there are. */
export function scaleTable(
  table: readonly number[][],
  inChannels: number,
  outChannels: number,
): number[][] {
  return Array.from({ length: outChannels }, (_, o) => {
    return [...new Set(table[o % table.length].map((channel) => channel % inChannels))];
  });
}
