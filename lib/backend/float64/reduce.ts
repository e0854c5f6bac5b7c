import * as tf from '@tensorflow/tfjs-core';
import { type DataType, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { allocate, type Float64Backend, type Values } from './backend.ts';
import { kernel } from './kernel.ts';
import { aroundAxis, copy, sameKind, sizeOf, stridesOf, whole } from './strided.ts';

/** Reduces the elements start ... end − 1 to one value. */
type Fold = (values: Values, start: number, end: number) => number;

function reduce(
  backend: Float64Backend,
  x: TensorInfo,
  axis: number | number[],
  keepDims: boolean,
  dtype: DataType,
  fold: Fold,
): TensorInfo {
  const reduced = new Set(tf.util.parseAxisParam(axis, x.shape));
  const axes = x.shape.map((_, i) => i);
  const kept = axes.filter((i) => !reduced.has(i));
  const rows = reducedLast(backend.values(x), x.shape, [
    ...kept,
    ...axes.filter((i) => reduced.has(i)),
  ]);
  const keptShape = kept.map((i) => x.shape[i]);
  const out = allocate(dtype, sizeOf(keptShape));
  const length = out.length === 0 ? 0 : rows.length / out.length;
  for (let row = 0; row < out.length; row++)
    out[row] = fold(rows, row * length, (row + 1) * length);
  return backend.output(
    out,
    keepDims ? x.shape.map((n, i) => (reduced.has(i) ? 1 : n)) : keptShape,
    dtype,
  );
}

/**
 * Returns the values with the axes in the given order. If the order does not change, it returns the
 * same array.
 */
function reducedLast(values: Values, shape: readonly number[], order: readonly number[]): Values {
  if (order.every((axis, i) => axis === i)) return values;
  const strides = stridesOf(shape);
  const outShape = order.map((axis) => shape[axis]);
  const source = { values, offset: 0, strides: order.map((axis) => strides[axis]) };
  return copy(source, whole(sameKind(values, values.length), outShape), outShape);
}

const sum: Fold = (values, start, end) => {
  let total = 0;
  for (let i = start; i < end; i++) total += values[i];
  return total;
};

const product: Fold = (values, start, end) => {
  let total = 1;
  for (let i = start; i < end; i++) total *= values[i];
  return total;
};

const max: Fold = (values, start, end) => {
  let largest = -Infinity;
  for (let i = start; i < end; i++) largest = Math.max(largest, values[i]);
  return largest;
};

const min: Fold = (values, start, end) => {
  let smallest = Infinity;
  for (let i = start; i < end; i++) smallest = Math.min(smallest, values[i]);
  return smallest;
};

/** Returns the index of the first maximum. */
const argMax: Fold = (values, start, end) => {
  let best = start;
  for (let i = start; i < end; i++) if (values[i] > values[best]) best = i;
  return best - start;
};

const argMin: Fold = (values, start, end) => {
  let best = start;
  for (let i = start; i < end; i++) if (values[i] < values[best]) best = i;
  return best - start;
};

const all: Fold = (values, start, end) => {
  for (let i = start; i < end; i++) if (values[i] === 0) return 0;
  return 1;
};

const any: Fold = (values, start, end) => {
  for (let i = start; i < end; i++) if (values[i] !== 0) return 1;
  return 0;
};

const same = (dtype: DataType): DataType => dtype;
const bool = (): DataType => 'bool';

/**
 * Makes the kernel of a reduction along the axes that `axis` names. (For Max, tfjs calls this
 * attribute `reductionIndices`.)
 */
const reduction = (
  name: string,
  fold: Fold,
  dtypeOf: (dtype: DataType) => DataType,
): KernelConfig =>
  kernel<tf.SumInputs, tf.SumAttrs>(name, (backend, { x }, { axis, keepDims }) =>
    reduce(backend, x, axis, keepDims, dtypeOf(x.dtype), fold),
  );

const position = (name: string, fold: Fold): KernelConfig =>
  kernel<tf.ArgMaxInputs, tf.ArgMaxAttrs>(name, (backend, { x }, { axis }) =>
    reduce(backend, x, axis, false, 'int32', fold),
  );

/** The kernels that reduce axes to one value each (sums, maxima, ...), and the cumulative sum. */
export const reduceKernels: KernelConfig[] = [
  reduction(tf.Sum, sum, tf.sumOutType),
  reduction(tf.Prod, product, tf.sumOutType),
  reduction(
    tf.Mean,
    (values, start, end) => sum(values, start, end) / (end - start),
    () => 'float32',
  ),
  reduction(tf.All, all, bool),
  reduction(tf.Any, any, bool),
  reduction(tf.Min, min, same),
  kernel<tf.MaxInputs, tf.MaxAttrs>(tf.Max, (backend, { x }, { reductionIndices, keepDims }) =>
    reduce(backend, x, reductionIndices, keepDims, x.dtype, max),
  ),
  position(tf.ArgMax, argMax),
  position(tf.ArgMin, argMin),
  kernel<tf.CumsumInputs, tf.CumsumAttrs>(
    tf.Cumsum,
    (backend, { x }, { axis, exclusive, reverse }) => {
      const values = backend.values(x);
      const { outer, length, inner } = aroundAxis(x.shape, axis);
      const dtype = tf.sumOutType(x.dtype);
      const out = allocate(dtype, values.length);
      for (let o = 0; o < outer; o++) {
        for (let n = 0; n < inner; n++) {
          let total = 0;
          for (let i = 0; i < length; i++) {
            const at = (o * length + (reverse ? length - 1 - i : i)) * inner + n;
            if (exclusive) out[at] = total;
            total += values[at];
            if (!exclusive) out[at] = total;
          }
        }
      }
      return backend.output(out, x.shape, dtype);
    },
  ),
];
