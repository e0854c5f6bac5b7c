import { backend, engine, getBackend, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { numElements } from '../../shapes.ts';
import { withinMemory } from '../../withinMemory.ts';
import { hostValues } from './hostValues.ts';

/** The values of a tensor, not copied: in single precision, or in double precision on float64. */
export type Values = Float32Array | Float64Array;

/** The methods of the wasm backend that tfjs's own interface lacks: access to its heap. */
interface WasmHeap {
  /** `get` moves a tensor to the heap if another backend still holds it. */
  readonly dataIdMap: { get(dataId: object): unknown };
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
  makeOutput(shape: number[], dtype: 'float32'): TensorInfo;
}

/** Returns values in single precision as the integers that have the same bits. */
export function bitsOf({ buffer, byteOffset, length }: Values): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}

/** Returns whether tensors lie in this process's memory, where a loop needs no copy of them. */
export function onHost(): boolean {
  return ['cpu', 'wasm', 'float64'].includes(getBackend());
}

/**
 * Creates a tensor whose values a plain loop computes from those of the inputs, for operations that
 * tfjs's kernels lack, or compute wrongly or slowly.
 *
 *     const doubled = computeOnHost([x], x.shape, (y, values) => {
 *       values.forEach((value, i) => (y[i] = 2 * value));
 *     });
 *
 * @param fill the loop; it must not change the inputs, nor keep the arrays.
 * @param options `zeroed: false` saves time if `fill` writes every value of the output; by default
 *   it finds zeros there.
 */
export function computeOnHost(
  inputs: readonly Tensor[],
  outputShape: readonly number[],
  fill: (output: Values, ...inputs: Values[]) => void,
  { zeroed = true }: { readonly zeroed?: boolean } = {},
): Tensor {
  const shape = [...outputShape];
  if (getBackend() === 'wasm') {
    const heap = backend() as unknown as WasmHeap;
    const output = engine().makeTensorFromTensorInfo(heap.makeOutput(shape, 'float32'));
    writeOnHost(output, inputs, (room, ...values) => {
      if (zeroed) room.fill(0);
      fill(room, ...values);
    });
    return output;
  }
  const [size, name] = [numElements(shape), getBackend()];
  const values = withinMemory(name, (name === 'float64' ? 8 : 4) * size, () =>
    name === 'float64' ? new Float64Array(size) : new Float32Array(size),
  );
  fill(values, ...inputs.map((input) => input.dataSync<'float32'>()));
  return engine().makeTensor(values as Float32Array, shape, 'float32');
}

/**
 * Writes into a tensor of `computeOnHost` after its creation, on cpu and wasm, for results that are
 * assembled from the outputs of other kernels. `write` gets the tensor's current values and the
 * values of the inputs.
 */
export function writeOnHost(
  output: Tensor,
  inputs: readonly Tensor[],
  write: (output: Values, ...inputs: Values[]) => void,
): void {
  if (getBackend() !== 'wasm') {
    // On cpu `dataSync` returns the tensor's own array, not a copy.
    write(output.dataSync<'float32'>(), ...inputs.map((input) => input.dataSync<'float32'>()));
    return;
  }
  const heap = backend() as unknown as WasmHeap;
  // The inputs are moved to the heap before any array is taken from it, because a heap that grows
  // moves, and arrays of the old one become invalid.
  inputs.forEach((input) => heap.dataIdMap.get(input.dataId));
  write(heap.typedArrayFromHeap(output), ...inputs.map((input) => heap.typedArrayFromHeap(input)));
}

/**
 * Returns a tensor of the given shape with the contiguous values of another tensor from index
 * `start`. On wasm, tfjs's own `slice` copies the whole tensor.
 */
export function sliceOnHost(x: Tensor, start: number, shape: readonly number[]): Tensor {
  const copy = (slice: Values, all: Values) => slice.set(all.subarray(start, start + slice.length));
  return computeOnHost([x], shape, copy, { zeroed: false });
}

/**
 * Copies the values of a tensor into an array. Returns whether that was possible: a graphics card's
 * values need `await data()`.
 */
export function copyToHost(tensor: Tensor, target: Values): boolean {
  if (getBackend() === 'wasm') {
    const heap = backend() as unknown as WasmHeap;
    heap.dataIdMap.get(tensor.dataId);
    target.set(heap.typedArrayFromHeap(tensor));
    return true;
  }
  const values = hostValues(tensor);
  if (values !== undefined) target.set(values);
  return values !== undefined;
}
