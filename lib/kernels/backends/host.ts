import { backend, engine, getBackend, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { numElements } from '../../shapes.ts';
import { withinMemory } from '../../withinMemory.ts';
import { hostValues } from './hostValues.ts';

/**
 * The values of a tensor, without a copy: in single precision, or in double precision on float64.
 */
export type Values = Float32Array | Float64Array;

/** Methods of the wasm backend that tfjs does not declare, which give access to its heap. */
interface WasmHeap {
  /** Moves the tensor to the heap if another backend still holds it. */
  readonly dataIdMap: { get(dataId: object): unknown };
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
  makeOutput(shape: number[], dtype: 'float32'): TensorInfo;
}

/** Returns the integers that have the same bits as the given single-precision values. */
export function bitsOf({ buffer, byteOffset, length }: Values): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}

/**
 * Returns whether tensors lie in this process's memory, so that a loop can read them without a
 * copy.
 */
export function onHost(): boolean {
  return ['cpu', 'wasm', 'float64'].includes(getBackend());
}

/**
 * Creates a tensor whose values are computed from those of the inputs by a plain loop. This serves
 * operations that tfjs lacks, or computes wrongly or slowly.
 *
 *     const doubled = computeOnHost([x], x.shape, (y, values) => {
 *       values.forEach((value, i) => (y[i] = 2 * value));
 *     });
 *
 * @param fill the loop; it must not change the inputs, and must not use the arrays after it
 *   returns.
 * @param options `zeroed: false` saves time if `fill` writes every value of the output; by default
 *   the output is filled with zeros first.
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
 * Changes values of a tensor that `computeOnHost` has created. On cpu and wasm, this assembles a
 * result from the outputs of other kernels. `write` gets the tensor's current values and the values
 * of the inputs.
 */
export function writeOnHost(
  output: Tensor,
  inputs: readonly Tensor[],
  write: (output: Values, ...inputs: Values[]) => void,
): void {
  if (getBackend() !== 'wasm') {
    // On cpu, `dataSync` returns the tensor's own array and not a copy.
    write(output.dataSync<'float32'>(), ...inputs.map((input) => input.dataSync<'float32'>()));
    return;
  }
  const heap = backend() as unknown as WasmHeap;
  // All inputs are moved to the heap before an array of the heap is created. If the heap grows, it
  // moves, and earlier arrays become invalid.
  inputs.forEach((input) => heap.dataIdMap.get(input.dataId));
  write(heap.typedArrayFromHeap(output), ...inputs.map((input) => heap.typedArrayFromHeap(input)));
}

/**
 * Returns a tensor of the given shape that holds the values of another tensor from index `start`
 * on. On wasm, tfjs's own `slice` copies the whole tensor.
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
