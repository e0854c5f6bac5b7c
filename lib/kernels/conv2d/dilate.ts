import { pad, reshape, slice, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Axis, Geometry } from '../../geometry.ts';
import { numElements } from '../../shapes.ts';
import type { ConvGradients } from './conv2dKernels.ts';

/*
 * Puts zeros between the values of an axis, for kernels that support no dilation or no stride. A
 * filter with K taps and dilation d equals a filter with d (K − 1) + 1 taps and without dilation:
 * every d-th tap is a tap of the original filter, and the others are 0. With stride s, the windows
 * are every s-th window of stride 1.
 */

/**
 * Puts zeros between the values of an axis: y[..., d·k, ...] = x[..., k, ...], and 0 elsewhere.
 *
 * @param length the length of the axis in y; by default y ends with the last value of x. `length`
 *   allows up to d − 1 zeros after it.
 */
export function dilate<T extends Tensor>(
  x: T,
  axis: number,
  distance: number,
  length = dilatedSize(x.shape[axis], distance),
): T {
  if (distance === 1) return x.clone();
  const { outer, size, inner, shapeWith } = aroundAxis(x, axis);
  return tidy(() => {
    const gaps: [number, number][] = [
      [0, 0],
      [0, 0],
      [0, (distance - 1) * inner],
    ];
    const padded = pad(reshape(x, [outer, size, inner]), gaps);
    const rows = reshape(padded, [outer, size * distance, inner]);
    return reshape(slice(rows, [0, 0, 0], [outer, length, inner]), shapeWith(length)) as T;
  });
}

/** The adjoint of `dilate`, which keeps every d-th value: x[..., k, ...] = y[..., d·k, ...]. */
export function dilateAdjoint<T extends Tensor>(y: T, axis: number, distance: number): T {
  if (distance === 1) return y.clone();
  const { outer, size, inner, shapeWith } = aroundAxis(y, axis);
  return tidy(() => {
    const length = Math.ceil(size / distance);
    const gaps: [number, number][] = [
      [0, 0],
      [0, length * distance - size],
      [0, 0],
    ];
    const padded = pad(reshape(y, [outer, size, inner]), gaps);
    const rows = reshape(padded, [outer, length, distance * inner]);
    return reshape(slice(rows, [0, 0, 0], [outer, length, inner]), shapeWith(length)) as T;
  });
}

/**
 * Returns filters [K_h, K_w, ...] with zeros between their elements. They have the effect of the
 * dilation in a convolution without dilation.
 */
export function dilateFilters(filters: Tensor4D, { height, width }: Geometry): Tensor4D {
  return tidy(() => dilate(dilate(filters, 0, height.dilation), 1, width.dilation));
}

/**
 * Computes the gradient of the filters from that of the dilated filters: the adjoint of
 * `dilateFilters`.
 */
export function dilateFiltersAdjoint(filters: Tensor4D, { height, width }: Geometry): Tensor4D {
  return tidy(() => dilateAdjoint(dilateAdjoint(filters, 0, height.dilation), 1, width.dilation));
}

/** Returns the geometry of the dilated filters, which has the same windows without dilation. */
export function undilatedGeometry({ height, width }: Geometry): Geometry {
  const undilated = (axis: Axis): Axis => ({
    ...axis,
    kernel: dilatedSize(axis.kernel, axis.dilation),
    dilation: 1,
  });
  return { height: undilated(height), width: undilated(width) };
}

/** Turns gradients that ignore dilation into gradients that respect it. */
export function withDilatedGradients({ toInput, toFilter }: ConvGradients): ConvGradients {
  return {
    toInput(gradOutput, filters, geometry) {
      if (!isDilated(geometry)) return toInput(gradOutput, filters, geometry);
      return tidy(() =>
        toInput(gradOutput, dilateFilters(filters, geometry), undilatedGeometry(geometry)),
      );
    },
    toFilter(images, gradOutput, geometry) {
      if (!isDilated(geometry)) return toFilter(images, gradOutput, geometry);
      return tidy(() =>
        dilateFiltersAdjoint(toFilter(images, gradOutput, undilatedGeometry(geometry)), geometry),
      );
    },
  };
}

/** Returns whether a convolution is dilated along one of the axes. */
export function isDilated({ height, width }: Geometry): boolean {
  return height.dilation * width.dilation > 1;
}

function dilatedSize(size: number, distance: number): number {
  return (size - 1) * distance + 1;
}

/**
 * Returns the sizes of a tensor viewed as [outer, size, inner], and a function that returns the
 * tensor's shape with another size of the axis.
 */
function aroundAxis({ shape }: Tensor, axis: number) {
  return {
    outer: numElements(shape.slice(0, axis)),
    size: shape[axis],
    inner: numElements(shape.slice(axis + 1)),
    shapeWith: (size: number) => [...shape.slice(0, axis), size, ...shape.slice(axis + 1)],
  };
}
