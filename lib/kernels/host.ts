import { backend, engine, getBackend, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import { count } from '../init.ts';

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
 * or do slowly. `fill` finds the output zeroed.
 */
export function computeOnHost(
  inputs: readonly Tensor[],
  outputShape: readonly number[],
  fill: (output: Values, ...inputs: Values[]) => void,
): Tensor {
  const shape = [...outputShape];
  if (getBackend() === 'wasm') {
    const heap = backend() as unknown as WasmHeap;
    // Bring the inputs to the heap and make room before looking at it: growing moves the heap.
    inputs.forEach((input) => heap.dataIdMap.get(input.dataId));
    const output = engine().makeTensorFromTensorInfo(heap.makeOutput(shape, 'float32'));
    const room = heap.typedArrayFromHeap(output);
    room.fill(0);
    fill(room, ...inputs.map((input) => heap.typedArrayFromHeap(input)));
    return output;
  }
  const size = count(shape);
  const values = getBackend() === 'float64' ? new Float64Array(size) : new Float32Array(size);
  fill(values, ...inputs.map((input) => input.dataSync<'float32'>()));
  return engine().makeTensor(values as Float32Array, shape, 'float32');
}
