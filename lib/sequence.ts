import { reshape, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core';
import { axisGeometry, checkFits, type Geometry, type Padding1D } from './geometry.ts';

/** The settings of a window that slides over a sequence. */
export interface SequenceWindow {
  readonly kernelSize: number;
  readonly stride: number;
  /** The distance between neighbouring elements of the kernel, 1 by default. */
  readonly dilation?: number;
  readonly padding: Padding1D;
  readonly ceilMode?: boolean;
}

/**
 * Reshapes a sequence [N, L, C] to an image of one row, [N, 1, L, C]. The image shares the
 * sequence's memory.
 */
export function asImage(sequence: Tensor3D): Tensor4D {
  const [batch, length, channels] = sequence.shape;
  return reshape(sequence, [batch, 1, length, channels]);
}

/** Reshapes an image of one row to a sequence. This is the inverse of `asImage`. */
export function asSequence(image: Tensor4D): Tensor3D {
  const [batch, , length, channels] = image.shape;
  return reshape(image, [batch, length, channels]);
}

/**
 * Returns the geometry of the windows of `box` over a sequence of this length, as an image of one
 * row. Throws if a window is larger than the padded sequence.
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
