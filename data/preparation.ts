import { ContrastNorm2D } from '../modules/contrastNorm2d.ts';
import { Pad2D } from '../modules/pad2d.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Module } from '../lib/module.ts';
import { crop } from './crop.ts';
import type { Dataset } from './dataset.ts';
import { channelStatistics, standardization, type ChannelStatistics } from './standardize.ts';
import { mapInputs } from './mapInputs.ts';

/** One thing that is done to every input, in training and after; JSON, so that it travels with the weights. */
export type Preparation =
  | { readonly pad: number }
  | { readonly crop: readonly [height: number, width: number] }
  | { readonly contrast: number }
  | { readonly standardize: ChannelStatistics };

/**
 * Whether a value that was read from a file is a list of preparations, none wider than `--preprocess` can ask for: a file may
 * come from anywhere.
 */
export function arePreparations(value: unknown): value is Preparation[] {
  const known = ['pad', 'crop', 'contrast', 'standardize'];
  return (
    Array.isArray(value) &&
    value.every((one: unknown) => {
      if (typeof one !== 'object' || one === null) return false;
      const [[kind, what] = ['', undefined], ...others] = Object.entries(one) as [
        string,
        unknown,
      ][];
      if (others.length > 0 || !known.includes(kind)) return false;
      if (kind === 'pad' || kind === 'contrast')
        return typeof what === 'number' && what > 0 && what < 100;
      if (kind === 'crop') return Array.isArray(what) && what.length === 2;
      const { mean, std } = { mean: undefined, std: undefined, ...(what as object) };
      return Array.isArray(mean) && Array.isArray(std);
    })
  );
}

/** The preparations as boxes before a network, which then takes the data as they are. Errors: crops, which are no box. */
export function boxesOf(
  preparations: readonly Preparation[],
  inputShape: readonly number[],
): Module[] {
  return preparations.map((one) => {
    if ('crop' in one) throw new InputError('expected inputs that are not cropped, got crop');
    return boxOf(one, inputShape.at(-1) ?? 1);
  });
}

function boxOf(one: Exclude<Preparation, { crop: unknown }>, channels: number): Module {
  if ('pad' in one) return new Pad2D(one.pad);
  if ('standardize' in one) return standardization(one.standardize);
  return new ContrastNorm2D(channels, { kernelSize: one.contrast });
}

/** The dataset as a network is to see it. Errors: those of the boxes. */
export function prepared(dataset: Dataset, preparations: readonly Preparation[]): Dataset {
  return preparations.reduce((seen, one) => {
    if ('crop' in one) return crop(seen, one.crop);
    return mapInputs(seen, boxOf(one, seen.inputShape.at(-1) ?? 1));
  }, dataset);
}

/** The shape of the inputs that a network sees, of the data's. */
export function preparedShape(
  inputShape: readonly [number, number, number],
  preparations: readonly Preparation[],
): readonly [number, number, number] {
  return preparations.reduce<readonly [number, number, number]>(
    ([height, width, channels], one) => {
      if ('crop' in one) return [...one.crop, channels];
      const border = 'pad' in one ? 2 * one.pad : 0;
      return [height + border, width + border, channels];
    },
    inputShape,
  );
}

/**
 * What the words of `--preprocess` mean for a training set: `pad:PIXELS`, `crop:HEIGHTxWIDTH`, `contrast:SIZE` (local
 * contrast normalization in a window of SIZE pixels), `standardize` (by the mean and deviation of the training set's
 * channels, as the words before it have left them).
 *
 * Errors: `--preprocess: expected pad:PIXELS, crop:HEIGHTxWIDTH, contrast:SIZE or standardize, got "whiten"`.
 */
export async function preparationsOf(
  words: readonly string[],
  train: Dataset,
): Promise<Preparation[]> {
  const found: Preparation[] = [];
  for (const word of words) {
    const [, pixels] = /^pad:([1-9]\d?)$/.exec(word) ?? [];
    const [, height, width] = /^crop:([1-9]\d*)x([1-9]\d*)$/.exec(word) ?? [];
    const [, size] = /^contrast:(\d?[13579])$/.exec(word) ?? [];
    if (pixels !== undefined) found.push({ pad: Number(pixels) });
    else if (height !== undefined) found.push({ crop: [Number(height), Number(width)] });
    else if (size !== undefined) found.push({ contrast: Number(size) });
    else if (word === 'standardize') {
      found.push({ standardize: await channelStatistics(prepared(train, found)) });
    } else {
      const expected = 'pad:PIXELS, crop:HEIGHTxWIDTH, contrast:SIZE (odd) or standardize';
      throw new InputError(`--preprocess: expected ${expected}, got ${show(word)}`);
    }
  }
  return found;
}
