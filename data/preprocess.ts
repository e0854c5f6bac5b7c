import type { Tensor4D } from '@tensorflow/tfjs-core';
import { constant } from '../lib/constant.ts';
import type { PixelImage } from './image.ts';
import { resizeImage } from './resizeImage.ts';

/** What a network's weights expect an image to be made into. */
export interface Preprocessing {
  /** The shorter side before the middle is cut out; without it the whole image is squeezed into the input. */
  readonly shorterSide?: number;
  readonly order: 'RGB' | 'BGR';
  /** What a pixel is multiplied by, from 0 ... 255. */
  readonly scale: number;
  /** Subtracted from the scaled channels, in their order, before the division by `std`. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

const [ZEROS, ONES] = [
  [0, 0, 0],
  [1, 1, 1],
];

/**
 * `torchvision`: of its AlexNet, VGG and ResNet weights. `inception`: of its GoogLeNet weights, which torchvision's
 * model arrives at from the former by its `transform_input`. `caffe`: of Caffe's weights, CaffeNet's among them.
 * `unit`: of the networks that `boxprop train` trains, pixels from 0 to 1.
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

export type PreprocessingName = keyof typeof PREPROCESSINGS;

/**
 * The image as a batch of one for an input [height, width, channels]: resized, its middle cut out, normalized. A
 * network of one channel gets the luma, 0.299 R + 0.587 G + 0.114 B.
 */
export function preprocess(
  image: PixelImage,
  [height, width, channels]: readonly [number, number, number],
  { shorterSide, order, scale, mean, std }: Preprocessing,
): Tensor4D {
  const grey = channels === 1 && image.channels === 3;
  const source = grey ? toGrey(image) : image;
  const cut =
    shorterSide === undefined
      ? resizeImage(source, height, width)
      : cropMiddle(resizeShorter(source, Math.max(shorterSide, height, width)), height, width);
  const values = new Float32Array(height * width * channels);
  for (let i = 0; i < values.length; i++) {
    const c = i % channels;
    const from = order === 'BGR' ? i - c + (channels - 1 - c) : i;
    values[i] = (cut.data[from] * scale - mean[c]) / std[c];
  }
  return constant(values, [1, height, width, channels]);
}

/** The shorter side as asked for, the longer one in proportion, rounded down. */
function resizeShorter(image: PixelImage, side: number): PixelImage {
  const { height, width } = image;
  const [newHeight, newWidth] =
    width < height
      ? [Math.floor((side * height) / width), side]
      : [side, Math.floor((side * width) / height)];
  return resizeImage(image, newHeight, newWidth);
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

/** Half of an integer, rounded to the even neighbour, as Python and so torchvision's CenterCrop rounds. */
function halfEven(value: number): number {
  const half = Math.floor(value / 2);
  return value % 2 === 0 ? half : half + (half % 2);
}

/** The luma, 0.299 R + 0.587 G + 0.114 B. */
export function toGrey({ height, width, data }: PixelImage): PixelImage {
  const grey = new Uint8Array(height * width);
  for (let i = 0; i < grey.length; i++) {
    grey[i] = Math.round(0.299 * data[3 * i] + 0.587 * data[3 * i + 1] + 0.114 * data[3 * i + 2]);
  }
  return { height, width, channels: 1, data: grey };
}
