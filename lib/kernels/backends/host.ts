import { backend, engine, getBackend, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { numElements } from '../../init/initializers.ts';

/** The numbers of a tensor where they lie: single precision, or double on the reference. */
export type Values = Float32Array | Float64Array;

/** What the wasm backend offers beyond tfjs's own interface: a window on its heap. */
interface WasmHeap {
  /** Getting a tensor's place brings it to the heap, if it still lies on another backend. */
  readonly dataIdMap: { get(dataId: object): unknown };
  typedArrayFromHeap(tensor: TensorInfo): Float32Array;
  makeOutput(shape: number[], dtype: 'float32'): TensorInfo;
}

/** True where tensors lie in this process's memory, so that a plain loop over them needs no copy. */
export function onHost(): boolean {
  return ['cpu', 'wasm', 'float64'].includes(getBackend());
}

/**
 * A new tensor whose values a plain loop writes from those of the inputs. For what tfjs's kernels get wrong, lack,
 * or do slowly. `fill` finds the output zeroed; one that writes all of it can do without.
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
  const size = numElements(shape);
  const values = getBackend() === 'float64' ? new Float64Array(size) : new Float32Array(size);
  fill(values, ...inputs.map((input) => input.dataSync<'float32'>()));
  return engine().makeTensor(values as Float32Array, shape, 'float32');
}

/**
 * Lets a plain loop go on writing to a tensor of `computeOnHost`, on cpu and wasm: its values as they are, with those
 * of the inputs. For what is put together from results of other kernels.
 */
export function writeOnHost(
  output: Tensor,
  inputs: readonly Tensor[],
  write: (output: Values, ...inputs: Values[]) => void,
): void {
  if (getBackend() !== 'wasm') {
    // cpu gives its own array, not a copy.
    write(output.dataSync<'float32'>(), ...inputs.map((input) => input.dataSync<'float32'>()));
    return;
  }
  const heap = backend() as unknown as WasmHeap;
  // Bring the inputs to the heap before looking at it: growing moves the heap.
  inputs.forEach((input) => heap.dataIdMap.get(input.dataId));
  write(heap.typedArrayFromHeap(output), ...inputs.map((input) => heap.typedArrayFromHeap(input)));
}

/** As many of a tensor's values as the shape has, from `start` on. tfjs's own `slice` copies all of them on wasm. */
export function sliceOnHost(x: Tensor, start: number, shape: readonly number[]): Tensor {
  const copy = (part: Values, all: Values) => part.set(all.subarray(start, start + part.length));
  return computeOnHost([x], shape, copy, { zeroed: false });
}
