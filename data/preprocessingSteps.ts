import * as v from 'valibot';
import { ContrastNorm2D } from '../modules/contrastNorm2d.ts';
import { Pad2D } from '../modules/pad2d.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Module } from '../lib/module.ts';
import { integer, number } from '../lib/schema.ts';
import { crop } from './crop.ts';
import type { Dataset } from './dataset.ts';
import { channelStatistics, standardization, type ChannelStatistics } from './standardize.ts';
import { mapInputs } from './mapInputs.ts';
import { PREPROCESSINGS, type ImageResize } from './preprocess.ts';
import { hasTargets, type TargetDataset } from './targets.ts';

/** The sizes that `--preprocess` accepts. */
const SIZE = integer(1, 99);

/** The schema of preprocessing steps in JSON. Its sizes are those that `--preprocess` accepts. */
export const PREPROCESSING = v.array(
  v.union(
    [
      v.strictObject({
        resize: v.strictObject({
          shorterSide: v.exactOptional(integer(1, 1e5)),
          interpolation: v.exactOptional(v.picklist(['bilinear', 'bicubic', 'nearest'])),
        }),
      }),
      v.strictObject({ pad: SIZE }),
      v.strictObject({ crop: v.strictTuple([integer(1), integer(1)]) }),
      v.strictObject({ contrast: SIZE }),
      v.strictObject({
        standardize: v.strictObject({ mean: v.array(number()), std: v.array(number(0)) }),
      }),
    ],
    'a step of --preprocess: resize, pad, crop, contrast or standardize',
  ),
);

/**
 * A preprocessing step that is applied to every input, in training and afterwards. It is JSON, so
 * that weights files can store it.
 */
export type PreprocessingStep =
  | { readonly resize: ImageResize }
  | { readonly pad: number }
  | { readonly crop: readonly [height: number, width: number] }
  | { readonly contrast: number }
  | { readonly standardize: ChannelStatistics };

/**
 * Returns the steps as boxes that can be put in front of a network, so that the network takes data
 * that is not preprocessed.
 *
 * Errors: a crop, which is not a box.
 */
export function preprocessingBoxes(
  steps: readonly PreprocessingStep[],
  inputShape: readonly number[],
): Module[] {
  return steps.flatMap((step) => {
    if ('crop' in step) throw new InputError('expected inputs that are not cropped, got crop');
    return 'resize' in step ? [] : [boxOf(step, inputShape.at(-1) ?? 1)];
  });
}

type BoxStep = Exclude<PreprocessingStep, { crop: unknown } | { resize: unknown }>;

function boxOf(step: BoxStep, channels: number): Module {
  if ('pad' in step) return new Pad2D(step.pad);
  if ('standardize' in step) return standardization(step.standardize);
  return new ContrastNorm2D(channels, { kernelSize: step.contrast });
}

/**
 * Applies the steps to a dataset. Images have been resized when they were read.
 *
 * Errors: those of the boxes; a crop of images whose targets are images too.
 */
export function applyPreprocessing(
  dataset: TargetDataset,
  steps: readonly PreprocessingStep[],
): TargetDataset;
export function applyPreprocessing(dataset: Dataset, steps: readonly PreprocessingStep[]): Dataset;
export function applyPreprocessing(
  dataset: Dataset | TargetDataset,
  steps: readonly PreprocessingStep[],
): Dataset | TargetDataset;
export function applyPreprocessing(
  dataset: Dataset | TargetDataset,
  steps: readonly PreprocessingStep[],
): Dataset | TargetDataset {
  return steps.reduce((data, step) => {
    if ('resize' in step) return data;
    if (!('crop' in step)) return mapInputs(data, boxOf(step, data.inputShape.at(-1) ?? 1));
    if (!hasTargets(data)) return crop(data, step.crop);
    throw new InputError(
      `--preprocess: expected no crop, because it would not crop the targets of ${data.name}, got one`,
    );
  }, dataset);
}

/** Returns how the steps resize images when they are read, or undefined if they do not say it. */
export function resizeOf(steps: readonly PreprocessingStep[]): ImageResize | undefined {
  const [first] = steps;
  return first !== undefined && 'resize' in first ? first.resize : undefined;
}

/** Returns the shape of an input after all steps. */
export function preprocessedShape(
  inputShape: readonly [number, number, number],
  steps: readonly PreprocessingStep[],
): readonly [number, number, number] {
  return steps.reduce<readonly [number, number, number]>(([height, width, channels], step) => {
    if ('resize' in step) return [height, width, channels];
    if ('crop' in step) return [...step.crop, channels];
    const border = 'pad' in step ? 2 * step.pad : 0;
    return [height + border, width + border, channels];
  }, inputShape);
}

/**
 * Parses the words of `--preprocess` for a training set. The words are `resize:SHORTER` (the
 * shorter side of images in folders, out of which the middle is cut), also `resize:SHORTER:FILTER`
 * and `resize:FILTER`, and only as the first word; `pad:PIXELS`,
 * `crop:HEIGHTxWIDTH`, `contrast:SIZE` (local contrast normalization in a window of SIZE pixels),
 * `standardize` (by the mean and standard deviation of the training set's channels, after the
 * preceding steps), `normalize:MEAN/...:STD/...` (by these means and standard deviations, one per
 * channel) and `imagenet` (by those of ImageNet, which published weights expect).
 *
 * Errors: an unknown word, or a size that is missing or out of range; those of the steps.
 */
export async function parsePreprocessing(
  words: readonly string[],
  train: Dataset | TargetDataset,
): Promise<PreprocessingStep[]> {
  const resize = parseResize(words);
  const steps: PreprocessingStep[] = resize === undefined ? [] : [{ resize }];
  for (const word of words.slice(steps.length)) {
    const [, pixels] = /^pad:([1-9]\d?)$/.exec(word) ?? [];
    const [, height, width] = /^crop:([1-9]\d*)x([1-9]\d*)$/.exec(word) ?? [];
    const [, size] = /^contrast:([1-9]?[13579])$/.exec(word) ?? [];
    if (pixels !== undefined) steps.push({ pad: Number(pixels) });
    else if (height !== undefined) steps.push({ crop: [Number(height), Number(width)] });
    else if (size !== undefined) {
      if (size === '1' && train.inputShape.at(-1) === 1) {
        throw new InputError(
          '--preprocess: expected contrast:3 or more for one channel, got "contrast:1", which makes every input 0',
        );
      }
      steps.push({ contrast: Number(size) });
    } else if (word === 'standardize') {
      steps.push({ standardize: await channelStatistics(applyPreprocessing(train, steps)) });
    } else if (word === 'imagenet' || word.startsWith('normalize:')) {
      steps.push({ standardize: fixedStatistics(word, train.inputShape.at(-1) ?? 1) });
    } else {
      const expected =
        'pad:PIXELS, crop:HEIGHTxWIDTH, contrast:SIZE (odd), standardize, normalize:MEAN/...:STD/..., imagenet, or as the first word resize:SHORTER';
      throw new InputError(`--preprocess: expected ${expected}, got ${show(word)}`);
    }
  }
  return steps;
}

/**
 * Parses the first word of `--preprocess` if it says how images are resized. It is needed before
 * the images are read.
 */
export function parseResize([word = '']: readonly string[]): ImageResize | undefined {
  const [whole, side, filter] =
    /^resize(?::([1-9]\d{0,4}))?(?::(bilinear|bicubic|nearest))?$/.exec(word) ?? [];
  if (whole === undefined || (side ?? filter) === undefined) return undefined;
  const interpolation = (['bilinear', 'bicubic', 'nearest'] as const).find((f) => f === filter);
  return {
    ...(side !== undefined && { shorterSide: Number(side) }),
    ...(interpolation && { interpolation }),
  };
}

/**
 * Returns the words of `--preprocess` that give these steps for any training set. A mean and
 * standard deviation become `normalize`, with all digits.
 */
export function preprocessingWords(steps: readonly PreprocessingStep[]): string[] {
  return steps.map((step) => {
    if ('resize' in step) {
      const { shorterSide, interpolation } = step.resize;
      return ['resize', shorterSide, interpolation].filter((part) => part !== undefined).join(':');
    }
    if ('pad' in step) return `pad:${step.pad}`;
    if ('crop' in step) return `crop:${step.crop.join('x')}`;
    if ('contrast' in step) return `contrast:${step.contrast}`;
    const { mean, std } = step.standardize;
    return `normalize:${mean.join('/')}:${std.join('/')}`;
  });
}

/** Parses `imagenet` and `normalize:MEAN/...:STD/...`, such as `normalize:0.5/0.5/0.5:1/1/1`. */
function fixedStatistics(word: string, channels: number): ChannelStatistics {
  const { mean, std } = PREPROCESSINGS.torchvision;
  const [means, stds] =
    word === 'imagenet'
      ? [mean, std]
      : word
          .slice('normalize:'.length)
          .split(':')
          .map((list) => list.split('/').map((text) => (text === '' ? NaN : Number(text))));
  const isRight = (list: readonly number[] | undefined) =>
    list?.length === channels && list.every(Number.isFinite);
  if (isRight(means) && isRight(stds) && stds.every((value) => value >= 0))
    return { mean: [...means], std: [...stds] };
  throw new InputError(
    `--preprocess: expected a finite mean and a std of at least 0 for each of ${channels} channels, ` +
      `such as normalize:${Array(channels).fill(0.5).join('/')}:${Array(channels).fill(0.25).join('/')}, got ${show(word)}`,
  );
}
