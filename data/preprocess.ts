import type { Tensor4D } from '@tensorflow/tfjs-core';
import { constant } from '../lib/constant.ts';
import { InputError, show } from '../lib/errors.ts';
import type { PixelImage } from './image.ts';
import { resizeImage, type Interpolation } from './resizeImage.ts';

/** The steps that convert an image to the input that a network's weights expect. */
export interface Preprocessing {
  /**
   * The length to which the shorter side is resized before the middle is cut out. If it is
   * undefined, the whole image is resized to the size of the input, which may change its
   * proportions.
   */
  readonly shorterSide?: number;
  /** The filter with which the image is resized; `bilinear` by default. */
  readonly interpolation?: Interpolation;
  /** The order of the channels. */
  readonly order: 'RGB' | 'BGR';
  /** The factor by which the bytes, 0 ... 255, are multiplied. */
  readonly scale: number;
  /** The values that are subtracted from the scaled channels, in the order of the channels. */
  readonly mean: readonly number[];
  /** The values by which the channels are divided after the subtraction. */
  readonly std: readonly number[];
}

/**
 * How images are resized to the size of an input. With a shorter side, the middle is cut out of the
 * resized image.
 */
export type ImageResize = Pick<Preprocessing, 'shorterSide' | 'interpolation'>;

const [ZEROS, ONES] = [
  [0, 0, 0],
  [1, 1, 1],
];

/**
 * The preprocessing of published weights: `torchvision` for torchvision's networks; `inception` for
 * torchvision's GoogLeNet, whose option `transform_input` has the same effect, and for
 * EfficientNet-Lite0; `caffe` for Caffe's weights, such as CaffeNet; `unit` for networks of
 * `boxprop train`, whose pixels are from 0 to 1.
 */
export const PREPROCESSINGS = {
  torchvision: {
    shorterSide: 256,
    order: 'RGB',
    scale: 1 / 255,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  },
  inception: {
    shorterSide: 256,
    order: 'RGB',
    scale: 1 / 255,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  },
  caffe: { shorterSide: 256, order: 'BGR', scale: 1, mean: [104.007, 116.669, 122.679], std: ONES },
  unit: { order: 'RGB', scale: 1 / 255, mean: ZEROS, std: ONES },
} as const satisfies Record<string, Preprocessing>;

/** A key of `PREPROCESSINGS`. */
export type PreprocessingName = keyof typeof PREPROCESSINGS;

/**
 * Converts an image to a batch with a single input [height, width, channels]: resizes it, cuts out
 * the middle, and normalizes it. If the input has one channel, it is the luma, 0.299 R + 0.587
 * G + 0.114 B, which is normalized with the first mean and std.
 *
 * Errors: an input whose number of channels is not 1 or 3; a grey image for an input of 3 channels;
 *         a mean or std that is missing for a channel; a number that is not finite; a std, scale or
 *         shorter side that is not above 0.
 *
 *     const input = preprocess(image, [224, 224, 3], PREPROCESSINGS.torchvision);
 *     const scores = network.infer(input);
 */
export function preprocess(
  image: PixelImage,
  [height, width, channels]: readonly [number, number, number],
  recipe: Preprocessing,
): Tensor4D {
  checkRecipe(image, channels, recipe);
  const { order, scale, mean, std } = recipe;
  const grey = channels === 1 && image.channels === 3;
  const cut = fitImage(grey ? toGrey(image) : image, height, width, recipe);
  const values = new Float32Array(height * width * channels);
  for (let i = 0; i < values.length; i++) {
    const c = i % channels;
    const from = order === 'BGR' ? i - c + (channels - 1 - c) : i;
    values[i] = (cut.data[from] * scale - mean[c]) / std[c];
  }
  return constant(values, [1, height, width, channels]);
}

/**
 * Resizes an image to a height and width: the whole image, or with a shorter side the middle of
 * the image whose shorter side has this length.
 */
export function fitImage(
  image: PixelImage,
  height: number,
  width: number,
  { shorterSide, interpolation }: ImageResize,
): PixelImage {
  if (shorterSide === undefined) {
    const isSame = image.height === height && image.width === width;
    return isSame ? image : resizeImage(image, height, width, interpolation);
  }
  const side = sideFor(image, shorterSide, height, width);
  return cropMiddle(resizeShorter(image, side, interpolation), height, width);
}

/**
 * Returns how images are resized for inputs of another size than the one that `resize` was stated
 * for. The middle that is cut out is then the same part of the image.
 */
export function resizeForShape(
  { shorterSide, ...rest }: ImageResize,
  stated: readonly number[],
  shape: readonly number[],
): ImageResize {
  if (shorterSide === undefined) return rest;
  const [before, after] = [stated, shape].map(([height, width]) => Math.min(height, width));
  return { ...rest, shorterSide: Math.max(1, Math.round((shorterSide * after) / before)) };
}

function checkRecipe(
  image: PixelImage,
  channels: number,
  { shorterSide = 1, scale, mean, std }: Preprocessing,
): void {
  const fail = (expected: string, got: unknown) =>
    new InputError(`preprocess: expected ${expected}, got ${show(got)}`);
  if (channels !== 1 && channels !== 3) throw fail('an input of 1 or 3 channels', channels);
  if (image.channels < channels) throw fail('an image of 3 channels', image.channels);
  const finite = (values: readonly number[]) => values.every(Number.isFinite);
  if (mean.length < channels || !finite(mean)) {
    throw fail(`a finite mean for each of ${channels} channels`, mean);
  }
  if (std.length < channels || !finite(std) || !std.every((value) => value > 0)) {
    throw fail(`a std above 0 for each of ${channels} channels`, std);
  }
  if (!(scale > 0 && Number.isFinite(scale))) throw fail('a scale above 0', scale);
  if (!Number.isSafeInteger(shorterSide) || shorterSide < 1) {
    throw fail('a shorter side that is an integer of at least 1', shorterSide);
  }
}

/**
 * Returns the length to which the shorter side is resized. It is `side`, or more if the image would
 * be smaller than the part that is cut out.
 */
function sideFor(image: PixelImage, side: number, height: number, width: number): number {
  const isTall = image.width < image.height;
  const [short, long] = isTall ? [image.width, image.height] : [image.height, image.width];
  const [ofShort, ofLong] = isTall ? [width, height] : [height, width];
  return Math.max(side, ofShort, Math.ceil((ofLong * short) / long));
}

/**
 * Resizes an image so that its shorter side has the given length. The longer side is scaled in
 * proportion and rounded down.
 */
function resizeShorter(
  image: PixelImage,
  side: number,
  interpolation: Interpolation | undefined,
): PixelImage {
  const { height, width } = image;
  const [newHeight, newWidth] =
    width < height
      ? [Math.floor((side * height) / width), side]
      : [side, Math.floor((side * width) / height)];
  return resizeImage(image, newHeight, newWidth, interpolation);
}

function cropMiddle(image: PixelImage, height: number, width: number): PixelImage {
  const { channels } = image;
  const [top, left] = [halfEven(image.height - height), halfEven(image.width - width)];
  const data = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * image.width + left) * channels;
    data.set(image.data.subarray(start, start + width * channels), y * width * channels);
  }
  return { height, width, channels, data };
}

/**
 * Returns half of an integer. A half is rounded to the even integer, as in Python and therefore in
 * torchvision's CenterCrop.
 */
function halfEven(value: number): number {
  const half = Math.floor(value / 2);
  return value % 2 === 0 ? half : half + (half % 2);
}

/** Converts an image to its luma, 0.299 R + 0.587 G + 0.114 B. */
export function toGrey({ height, width, data }: PixelImage): PixelImage {
  const grey = new Uint8Array(height * width);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = Math.round(0.299 * data[3 * i] + 0.587 * data[3 * i + 1] + 0.114 * data[3 * i + 2]);
  }
  return { height, width, channels: 1, data: grey };
}
