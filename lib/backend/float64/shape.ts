import * as tf from '@tensorflow/tfjs-core';
import {
  backend_util,
  slice_util,
  util,
  type DataType,
  type KernelConfig,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { allocate, type Float64Backend } from './backend.ts';
import { kernel } from './kernel.ts';
import { aroundAxis, copy, sizeOf, stridesOf, whole } from './strided.ts';

/**
 * Makes a new tensor whose element (i, j, ...) is x[offset + i·strides[0] + j·strides[1] + ...].
 */
function view(
  backend: Float64Backend,
  x: TensorInfo,
  offset: number,
  strides: readonly number[],
  extents: readonly number[],
  shape: number[],
): TensorInfo {
  const out = allocate(x.dtype, sizeOf(extents));
  copy({ values: backend.values(x), offset, strides }, whole(out, extents), extents);
  return backend.output(out, shape, x.dtype);
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, v, i) => sum + v * b[i], 0);

function slice(
  backend: Float64Backend,
  x: TensorInfo,
  begin: number[],
  size: number[],
  shape = size,
): TensorInfo {
  const strides = stridesOf(x.shape);
  return view(backend, x, dot(begin, strides), strides, size, shape);
}

const withOne = (shape: number[], at: number): number[] => [
  ...shape.slice(0, at),
  1,
  ...shape.slice(at),
];
const without = (shape: number[], at: number): number[] => [
  ...shape.slice(0, at),
  ...shape.slice(at + 1),
];

/** Cuts an axis into parts of the given sizes. */
function cut(
  backend: Float64Backend,
  x: TensorInfo,
  axis: number,
  sizes: number[],
  drop: boolean,
): TensorInfo[] {
  let start = 0;
  return sizes.map((size) => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    const extents = x.shape.map((n, i) => (i === axis ? size : n));
    start += size;
    return slice(backend, x, begin, extents, drop ? without(extents, axis) : extents);
  });
}

/** Reshapes tensors to the given shapes, and joins them along an axis. */
function join(
  backend: Float64Backend,
  tensors: TensorInfo[],
  shapes: number[][],
  axis: number,
  dtype: DataType,
): TensorInfo {
  const shape = backend_util.computeOutShape(shapes, axis);
  const out = whole(allocate(dtype, sizeOf(shape)), shape);
  let start = 0;
  tensors.forEach((tensor, i) => {
    const source = whole(backend.values(tensor), shapes[i]);
    copy(source, { ...out, offset: start * out.strides[axis] }, shapes[i]);
    start += shapes[i][axis];
  });
  return backend.output(out.values, shape, dtype);
}

const commonType = (tensors: TensorInfo[]): DataType =>
  tensors.map((t) => t.dtype).reduce(tf.upcastType);

const padded = (shape: number[], paddings: [number, number][]): number[] =>
  shape.map((n, axis) => paddings[axis][0] + n + paddings[axis][1]);

/**
 * Returns the index, from 0 to n − 1, of the value at position `at` if a row of n values is
 * mirrored at its ends.
 */
function mirrored(at: number, n: number, mode: 'reflect' | 'symmetric'): number {
  const repeatEdge = mode === 'symmetric' ? 1 : 0;
  if (at < 0) return -at - repeatEdge;
  return at < n ? at : 2 * (n - 1) - at + repeatEdge;
}

/** The kernels that move elements without computing. Each is a copy between two strided views. */
export const shapeKernels: KernelConfig[] = [
  kernel<tf.ReshapeInputs, tf.ReshapeAttrs>(tf.Reshape, (backend, { x }, { shape }) =>
    backend.share(x, util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  ),
  kernel<tf.ExpandDimsInputs, tf.ExpandDimsAttrs>(tf.ExpandDims, (backend, { input }, { dim }) => {
    const at = dim < 0 ? input.shape.length + 1 + dim : dim;
    return backend.share(input, withOne(input.shape, at));
  }),
  kernel<tf.TransposeInputs, tf.TransposeAttrs>(tf.Transpose, (backend, { x }, { perm }) => {
    const own = stridesOf(x.shape);
    const strides = perm.map((axis) => own[axis]);
    const shape = perm.map((axis) => x.shape[axis]);
    return view(backend, x, 0, strides, shape, shape);
  }),
  kernel<tf.ReverseInputs, tf.ReverseAttrs>(tf.Reverse, (backend, { x }, { dims }) => {
    const strides = stridesOf(x.shape);
    let offset = 0;
    for (const axis of util.parseAxisParam(dims, x.shape)) {
      offset += (x.shape[axis] - 1) * strides[axis];
      strides[axis] = -strides[axis];
    }
    return view(backend, x, offset, strides, x.shape, x.shape);
  }),
  kernel<tf.SliceInputs, tf.SliceAttrs>(tf.Slice, (backend, { x }, { begin, size }) => {
    const [from, extents] = slice_util.parseSliceParams(x, begin, size);
    slice_util.assertParamsValid(x, from, extents);
    return slice(backend, x, from, extents);
  }),
  kernel<tf.StridedSliceInputs, tf.StridedSliceAttrs>(tf.StridedSlice, (backend, { x }, attrs) => {
    const { begin, end, strides, finalShape } = slice_util.sliceInfo(
      x.shape,
      attrs.begin,
      attrs.end,
      attrs.strides,
      attrs.beginMask,
      attrs.endMask,
      attrs.ellipsisMask,
      attrs.newAxisMask,
      attrs.shrinkAxisMask,
    );
    const own = stridesOf(x.shape);
    const steps = own.map((stride, axis) => stride * strides[axis]);
    // The extents are computed here, because tfjs's `finalShapeSparse` omits the axes that are
    // removed from the result.
    const extents = own.map((_, axis) =>
      Math.max(0, Math.ceil((end[axis] - begin[axis]) / strides[axis])),
    );
    return view(backend, x, dot(begin, own), steps, extents, finalShape);
  }),
  kernel<tf.SplitVInputs, tf.SplitVAttrs>(
    tf.SplitV,
    (backend, { x }, { numOrSizeSplits, axis }) => {
      const { axis: at } = aroundAxis(x.shape, axis);
      return cut(backend, x, at, backend_util.prepareSplitSize(x, numOrSizeSplits, at), false);
    },
  ),
  kernel<tf.UnpackInputs, tf.UnpackAttrs>(tf.Unpack, (backend, { value }, { axis }) => {
    const { axis: at, length } = aroundAxis(value.shape, axis);
    return cut(backend, value, at, new Array<number>(length).fill(1), true);
  }),
  kernel<tf.ConcatInputs, tf.ConcatAttrs>(tf.Concat, (backend, tensors, { axis }) => {
    const { axis: at } = aroundAxis(tensors[0].shape, axis);
    const shapes = tensors.map((t) => t.shape);
    backend_util.assertParamsConsistent(shapes, at);
    return join(backend, tensors, shapes, at, commonType(tensors));
  }),
  kernel<tf.PackInputs, tf.PackAttrs>(tf.Pack, (backend, tensors, { axis }) => {
    const at = axis < 0 ? tensors[0].shape.length + 1 + axis : axis;
    const shapes = tensors.map((t) => withOne(t.shape, at));
    backend_util.assertParamsConsistent(shapes, at);
    return join(backend, tensors, shapes, at, commonType(tensors));
  }),
  kernel<tf.TileInputs, tf.TileAttrs>(tf.Tile, (backend, { x }, { reps }) => {
    // Each axis becomes two axes: the repetition, which has stride 0 in x, and the axis itself.
    const strides = stridesOf(x.shape).flatMap((stride) => [0, stride]);
    const extents = x.shape.flatMap((n, axis) => [reps[axis], n]);
    const shape = x.shape.map((n, axis) => n * reps[axis]);
    return view(backend, x, 0, strides, extents, shape);
  }),
  kernel<tf.PadV2Inputs, tf.PadV2Attrs>(tf.PadV2, (backend, { x }, { paddings, constantValue }) => {
    const shape = padded(x.shape, paddings);
    const target = whole(allocate(x.dtype, sizeOf(shape)).fill(constantValue), shape);
    const before = paddings.map(([n]) => n);
    copy(
      whole(backend.values(x), x.shape),
      { ...target, offset: dot(before, target.strides) },
      x.shape,
    );
    return backend.output(target.values, shape, x.dtype);
  }),
  kernel<tf.MirrorPadInputs, tf.MirrorPadAttrs>(
    tf.MirrorPad,
    (backend, { x }, { paddings, mode }) => {
      const values = backend.values(x);
      const shape = padded(x.shape, paddings);
      const [strides, outStrides] = [stridesOf(x.shape), stridesOf(shape)];
      const out = allocate(x.dtype, sizeOf(shape));
      for (let i = 0; i < out.length; i++) {
        let at = 0;
        for (let axis = 0; axis < shape.length; axis++) {
          const index = Math.floor(i / outStrides[axis]) % shape[axis];
          at += mirrored(index - paddings[axis][0], x.shape[axis], mode) * strides[axis];
        }
        out[i] = values[at];
      }
      return backend.output(out, shape, x.dtype);
    },
  ),
];
