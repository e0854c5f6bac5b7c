import { reshape, type Tensor4D, type Tensor5D } from '@tensorflow/tfjs-core';
import { nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';
import { axisGeometry, checkFits, type Axis, type Geometry } from './geometry.ts';
import { isList } from './isList.ts';

/** One number for all three axes, or [depth, height, width]. */
export type Triple = number | readonly [depth: number, height: number, width: number];

/** The number of cells added on each side of a volume, as in `Padding`. */
export type Padding3D = Triple | 'valid' | 'same';

/** Three numbers, [depth, height, width]. */
export type Three = readonly [number, number, number];

/** The windows over a volume. */
export interface Geometry3D extends Geometry {
  readonly depth: Axis;
}

/** The settings of a box that slides a window over a volume. */
export interface VolumeWindow {
  readonly kernelSize: Three;
  readonly stride: Three;
  /** The distance between neighbouring cells of the kernel; [1, 1, 1] by default. */
  readonly dilation?: Three;
  readonly padding: Three | 'valid' | 'same';
  readonly ceilMode?: boolean;
}

/**
 * Converts an option that is one number or [depth, height, width] to three numbers. Throws for
 * values that are not integers of at least `least`.
 */
export function triple(box: object, what: string, value: Triple, least = 1): Three {
  const all: readonly unknown[] = isList(value) ? value : [value, value, value];
  const isGood = (size: unknown): size is number =>
    Number.isSafeInteger(size) && Number(size) >= least;
  const [depth, height, width] = all;
  if (all.length !== 3 || !isGood(depth) || !isGood(height) || !isGood(width)) {
    throw new BoxError(
      [nameOf(box)],
      `expected ${what} to be an integer of at least ${least}, or [depth, height, width], got ${show(value)}`,
    );
  }
  return [depth, height, width];
}

/** Throws if a padding is not `'valid'`, `'same'`, an integer or three integers. */
export function checkPadding3D(box: object, padding: Padding3D): Three | 'valid' | 'same' {
  if (padding === 'valid' || padding === 'same') return padding;
  if (typeof padding === 'string') {
    throw new BoxError(
      [nameOf(box)],
      `expected padding to be "valid", "same", an integer or [depth, height, width], got ${show(padding)}`,
    );
  }
  return triple(box, 'padding', padding, 0);
}

/**
 * Returns the geometry of the windows of `box` over a volume of this size. Throws if a window is
 * larger than the padded volume.
 */
export function volumeGeometry(box: object, sizes: readonly number[], window: VolumeWindow) {
  const { kernelSize, stride, dilation = [1, 1, 1], padding, ceilMode } = window;
  const [depth, height, width] = ([0, 1, 2] as const).map((k) =>
    axisGeometry(
      sizes[k],
      kernelSize[k],
      stride[k],
      dilation[k],
      typeof padding === 'string' ? padding : padding[k],
      ceilMode,
    ),
  );
  checkFits(box, [depth, height, width]);
  return { depth, height, width } satisfies Geometry3D;
}

/** Returns the sizes of the windows' output, [depth, height, width]. */
export function outputSizes({ depth, height, width }: Geometry3D): [number, number, number] {
  return [depth.output, height.output, width.output];
}

/** Reshapes volumes [N, D, H, W, C] to their slices, [N·D, H, W, C]. */
export function slicesOf(volumes: Tensor5D): Tensor4D {
  const [batch, depth, height, width, channels] = volumes.shape;
  return reshape(volumes, [batch * depth, height, width, channels]);
}

/** Reshapes slices to volumes of this depth. This is the inverse of `slicesOf`. */
export function volumesOf(slices: Tensor4D, depth: number): Tensor5D {
  const [all, ...image] = slices.shape;
  return reshape(slices, [all / depth, depth, ...image]);
}

/** Reshapes volumes to images whose rows are their slices, [N, D, H·W, C]. */
export function columnsOf(volumes: Tensor5D): Tensor4D {
  const [batch, depth, height, width, channels] = volumes.shape;
  return reshape(volumes, [batch, depth, height * width, channels]);
}

/** Reshapes the images of `columnsOf` to volumes whose slices have this size. */
export function volumesOfColumns(columns: Tensor4D, height: number, width: number): Tensor5D {
  const [batch, depth, , channels] = columns.shape;
  return reshape(columns, [batch, depth, height, width, channels]);
}

/**
 * Returns the windows along the depth over the images of `columnsOf`. The images consist of the
 * outputs of the windows over the slices, which come first.
 */
export function alongDepth({ depth, height, width }: Geometry3D): Geometry {
  return { height: depth, width: axisGeometry(height.output * width.output, 1, 1, 1, 0) };
}
