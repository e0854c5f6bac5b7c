import { util } from '@tensorflow/tfjs-core';
import type { Values } from './backend.ts';

/**
 * A strided view of an array: element (i, j, ...) is
 * `values[offset + i·strides[0] + j·strides[1] + ...]`. Transposing, slicing, reversing, tiling,
 * broadcasting and padding are each a single copy between two views.
 */
export interface View {
  readonly values: Values;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Returns row-major strides, one per axis. (tfjs's `computeStrides` omits the last one.) */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Returns the view of a whole array. */
export function whole(values: Values, shape: readonly number[]): View {
  return { values, offset: 0, strides: stridesOf(shape) };
}

/**
 * Copies the elements whose indices are below `extents` from one view to another. Returns the
 * values of the target.
 */
export function copy(source: View, target: View, extents: readonly number[]): Values {
  copyAxis(source, source.offset, target, target.offset, extents, 0);
  return target.values;
}

function copyAxis(
  source: View,
  from: number,
  target: View,
  to: number,
  extents: readonly number[],
  axis: number,
) {
  if (axis === extents.length) {
    target.values[to] = source.values[from];
    return;
  }
  const extent = extents[axis];
  const sourceStride = source.strides[axis];
  const targetStride = target.strides[axis];
  if (axis === extents.length - 1) {
    for (let i = 0; i < extent; i++) {
      target.values[to + i * targetStride] = source.values[from + i * sourceStride];
    }
    return;
  }
  for (let i = 0; i < extent; i++) {
    copyAxis(source, from + i * sourceStride, target, to + i * targetStride, extents, axis + 1);
  }
}

/**
 * Returns the values broadcast to `shape`: they are repeated along the axes of size 1 and the
 * missing axes. If nothing is to be repeated, it returns the same array.
 */
export function broadcast(
  values: Values,
  shape: readonly number[],
  outShape: readonly number[],
): Values {
  const size = sizeOf(outShape);
  // If the size is the same, broadcasting only added axes of size 1.
  if (values.length === size) return values;
  const out = sameKind(values, size);
  if (values.length === 1) return out.fill(values[0]);
  const added = outShape.length - shape.length;
  const strides = stridesOf(shape);
  const spread = outShape.map((_, axis) =>
    axis < added || shape[axis - added] === 1 ? 0 : strides[axis - added],
  );
  return copy({ values, offset: 0, strides: spread }, whole(out, outShape), outShape);
}

/** Returns an array of zeros of the same type as `values`. */
export function sameKind(values: Values, size: number): Values {
  if (values instanceof Float64Array) return new Float64Array(size);
  if (values instanceof Int32Array) return new Int32Array(size);
  return new Uint8Array(size);
}

/** Returns the number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  let size = 1;
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis];
  return size;
}

/**
 * Views a shape as three axes, of which the given axis is the middle one: element (o, i, n) is
 * `values[(o·length + i)·inner + n]`.
 */
export function aroundAxis(shape: number[], axis: number) {
  const [at] = util.parseAxisParam(axis, shape);
  return {
    axis: at,
    outer: sizeOf(shape.slice(0, at)),
    length: shape[at],
    inner: sizeOf(shape.slice(at + 1)),
  };
}
