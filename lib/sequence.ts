import { reshape, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core';
import { axisGeometry, checkFits, type Geometry, type Padding1D } from './geometry.ts';

/** How a window slides over a sequence. */
export interface SequenceWindow {
  readonly kernelSize: number;
  readonly stride: number;
  /** 1 by default. */
  readonly dilation?: number;
  readonly padding: Padding1D;
  readonly ceilMode?: boolean;
}

/** A sequence [N, L, C] as an image of one row, [N, 1, L, C]; it shares the sequence's memory. */
export function asImage(sequence: Tensor3D): Tensor4D {
  const [batch, length, channels] = sequence.shape;
  return reshape(sequence, [batch, 1, length, channels]);
}

/** An image of one row as a sequence: the inverse of `asImage`. */
export function asSequence(image: Tensor4D): Tensor3D {
  const [batch, , length, channels] = image.shape;
  return reshape(image, [batch, length, channels]);
}

/**
 * How the window of `box` slides over a sequence of this length, as over an image of one row;
 * refuses a window larger than the padded sequence.
 */
export function sequenceGeometry(
  box: object,
  length: number,
  { kernelSize, stride, dilation = 1, padding, ceilMode }: SequenceWindow,
  place: 'constructor' | 'forward' = 'forward',
): Geometry {
  const width = axisGeometry(length, kernelSize, stride, dilation, padding, ceilMode);
  checkFits(box, [width], place);
  return { height: axisGeometry(1, 1, 1, 1, 0), width };
}
