import * as tf from '@tensorflow/tfjs-core';
import { backend_util, type KernelConfig } from '@tensorflow/tfjs-core';
import { InputError } from '../../errors.ts';
import { allocate, type Values } from './backend.ts';
import { kernel } from './kernel.ts';
import { aroundAxis, sizeOf, stridesOf } from './strided.ts';

function checkIndex(name: string, index: number, length: number): void {
  if (!(index >= 0 && index < length)) {
    throw new InputError(`${name}: expected indices from 0 to ${length - 1}, got ${index}`);
  }
}

/** Returns the offset of the slice that row `row` of the indices selects. */
function sliceStart(
  name: string,
  indices: Values,
  row: number,
  depth: number,
  shape: readonly number[],
): number {
  const strides = stridesOf(shape);
  let start = 0;
  for (let axis = 0; axis < depth; axis++) {
    const index = indices[row * depth + axis];
    checkIndex(name, index, shape[axis]);
    start += index * strides[axis];
  }
  return start;
}

/** The kernels that read or write elements at given indices. */
export const gatherKernels: KernelConfig[] = [
  kernel<tf.GatherV2Inputs, tf.GatherV2Attrs>(
    tf.GatherV2,
    (backend, { x, indices }, { axis, batchDims }) => {
      const { axis: at, inner, length } = aroundAxis(x.shape, axis);
      const info = backend_util.segment_util.collectGatherOpShapeInfo(
        x,
        indices,
        at,
        batchDims ?? 0,
      );
      const [values, places] = [backend.values(x), backend.values(indices)];
      const count = places.length / info.batchSize;
      const out = allocate(x.dtype, sizeOf(info.outputShape));
      let to = 0;
      for (let batch = 0; batch < info.batchSize; batch++) {
        for (let outer = 0; outer < info.outerSize; outer++) {
          for (let i = 0; i < count; i++) {
            const index = places[batch * count + i];
            checkIndex('GatherV2', index, length);
            const from = ((batch * info.outerSize + outer) * length + index) * inner;
            for (let n = 0; n < inner; n++) out[to++] = values[from + n];
          }
        }
      }
      return backend.output(out, info.outputShape, x.dtype);
    },
  ),
  kernel<tf.GatherNdInputs>(tf.GatherNd, (backend, { params, indices }) => {
    const depth = indices.shape[indices.shape.length - 1];
    const rest = params.shape.slice(depth);
    const shape = [...indices.shape.slice(0, -1), ...rest];
    const [values, places] = [backend.values(params), backend.values(indices)];
    const size = sizeOf(rest);
    const out = allocate(params.dtype, sizeOf(shape));
    for (let row = 0; row * size < out.length; row++) {
      const from = sliceStart('GatherNd', places, row, depth, params.shape);
      for (let n = 0; n < size; n++) out[row * size + n] = values[from + n];
    }
    return backend.output(out, shape, params.dtype);
  }),
  // If several updates have the same index, they are added.
  kernel<tf.ScatterNdInputs, tf.ScatterNdAttrs>(
    tf.ScatterNd,
    (backend, { indices, updates }, { shape }) => {
      const depth = indices.shape.length < 1 ? 1 : indices.shape[indices.shape.length - 1];
      const [values, places] = [backend.values(updates), backend.values(indices)];
      const size = sizeOf(shape.slice(depth));
      const out = allocate(updates.dtype, sizeOf(shape));
      for (let row = 0; row * size < values.length; row++) {
        const to = sliceStart('ScatterNd', places, row, depth, shape);
        for (let n = 0; n < size; n++) out[to + n] += values[row * size + n];
      }
      return backend.output(out, shape, updates.dtype);
    },
  ),
  // An index outside of 0 ... depth − 1 gives a row of `offValue`, as in TensorFlow.
  kernel<tf.OneHotInputs, tf.OneHotAttrs>(
    tf.OneHot,
    (backend, { indices }, { depth, onValue, offValue, dtype }) => {
      const places = backend.values(indices);
      const out = allocate(dtype, places.length * depth).fill(offValue);
      for (let i = 0; i < places.length; i++) {
        if (places[i] >= 0 && places[i] < depth) out[i * depth + places[i]] = onValue;
      }
      return backend.output(out, [...indices.shape, depth], dtype);
    },
  ),
];
