import { pad, reshape, slice, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import type { Geometry } from '../../geometry.ts';
import { numElements } from '../../init/initializers.ts';

/**
 * Zeros between the values of an axis, for what kernels do not know: a filter whose taps lie d cells apart is a larger
 * one, of d (K − 1) + 1 taps, and windows a stride apart are all windows, of which those between count nothing.
 */

/** y[..., d·k, ...] = x[..., k, ...], and 0 between, and in the less than d places after the last if y is `length` long */
export function dilate<T extends Tensor>(
  x: T,
  axis: number,
  distance: number,
  length = reach(x.shape[axis], distance),
): T {
  if (distance === 1) return x.clone();
  const { outer, size, inner, around } = places(x, axis);
  return tidy(() => {
    const gaps: [number, number][] = [
      [0, 0],
      [0, 0],
      [0, (distance - 1) * inner],
    ];
    const rows = reshape(pad(reshape(x, [outer, size, inner]), gaps), [
      outer,
      size * distance,
      inner,
    ]);
    return reshape(slice(rows, [0, 0, 0], [outer, length, inner]), around(length)) as T;
  });
}

/** The adjoint: x[..., k, ...] = y[..., d·k, ...] */
export function dilateAdjoint<T extends Tensor>(y: T, axis: number, distance: number): T {
  if (distance === 1) return y.clone();
  const { outer, size, inner, around } = places(y, axis);
  return tidy(() => {
    const length = Math.ceil(size / distance);
    const gaps: [number, number][] = [
      [0, 0],
      [0, length * distance - size],
      [0, 0],
    ];
    const rows = reshape(pad(reshape(y, [outer, size, inner]), gaps), [
      outer,
      length,
      distance * inner,
    ]);
    return reshape(slice(rows, [0, 0, 0], [outer, length, inner]), around(length)) as T;
  });
}

/** A filter [K_h, K_w, ...] with the geometry's dilation made of zeros. */
export function dilateFilters(filters: Tensor4D, { height, width }: Geometry): Tensor4D {
  return tidy(() => dilate(dilate(filters, 0, height.dilation), 1, width.dilation));
}

/** Its adjoint. */
export function dilateFiltersAdjoint(filters: Tensor4D, { height, width }: Geometry): Tensor4D {
  return tidy(() => dilateAdjoint(dilateAdjoint(filters, 0, height.dilation), 1, width.dilation));
}

/** How the filters with zeros slide: over the same windows, without dilation. */
export function undilatedGeometry({ height, width }: Geometry): Geometry {
  const along = <A extends Geometry['height']>(axis: A): A => ({
    ...axis,
    kernel: reach(axis.kernel, axis.dilation),
    dilation: 1,
  });
  return { height: along(height), width: along(width) };
}

function reach(size: number, distance: number): number {
  return (size - 1) * distance + 1;
}

/** A tensor as [outer, size of the axis, inner], and its shape with another size there. */
function places({ shape }: Tensor, axis: number) {
  return {
    outer: numElements(shape.slice(0, axis)),
    size: shape[axis],
    inner: numElements(shape.slice(axis + 1)),
    around: (size: number) => [...shape.slice(0, axis), size, ...shape.slice(axis + 1)],
  };
}
