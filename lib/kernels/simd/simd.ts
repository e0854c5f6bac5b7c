import { backend, engine, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Instance } from './instance.ts';
import type { Pool } from './pool.ts';

/** The kernels of `source/`, by their names. */
export type SimdKernel =
  | 'pack'
  | 'product'
  | 'conv2d'
  | 'conv2dFilter'
  | 'depthwise'
  | 'depthwiseInput'
  | 'depthwiseFilter'
  | 'maxPool'
  | 'maxPoolGrad'
  | 'avgPool'
  | 'avgPoolGrad'
  | 'sumRuns'
  | 'sumLines'
  | 'moments'
  | 'firstOfGroups'
  | 'standardize'
  | 'standardizeGrad'
  | 'scaleLines'
  | 'shiftLines'
  | 'scaleAndShiftLines'
  | 'relu'
  | 'negativePart'
  | 'reluGrad'
  | 'zeroIfFinite'
  | 'momentum'
  | 'adam';

/** The part of the wasm backend that the kernels need, which is its heap. */
export interface WasmHeap {
  readonly wasm: {
    readonly _malloc: (bytes: number) => number;
    readonly _free: (address: number) => void;
  };
  /** Moves the tensor to the heap if another backend still holds it. */
  readonly dataIdMap: { get(dataId: object): { readonly memoryOffset: number } };
  makeOutput(shape: number[], dtype: 'float32'): TensorInfo;
}

/** The number of bytes for the struct of a kernel. */
const ARGS_BYTES = 256;

/** boxprop's own kernels, which compute with the tensors in the heap of the wasm backend. */
export class Simd {
  readonly #heap: WasmHeap;
  readonly #instance: Instance;
  readonly #pool: Pool | undefined;
  readonly #args: number;

  /** @param pool the threads; without a pool, the caller's thread does all the work. */
  constructor(heap: WasmHeap, instance: Instance, pool?: Pool) {
    this.#heap = heap;
    this.#instance = instance;
    this.#pool = pool;
    this.#args = heap.wasm._malloc(ARGS_BYTES) >>> 0;
  }

  /** Returns the address of a tensor's values. The address stays valid when the heap grows. */
  addressOf(x: Tensor): number {
    return this.#heap.dataIdMap.get(x.dataId).memoryOffset;
  }

  /** Creates a tensor whose values a kernel will write. */
  output<T extends Tensor>(shape: readonly number[]): T {
    const info = this.#heap.makeOutput([...shape], 'float32');
    return engine().makeTensorFromTensorInfo(info) as T;
  }

  /** Calls `body` with the address of memory for `size` values. The memory is freed afterwards. */
  withRoom<T>(size: number, body: (address: number) => T): T {
    const address = this.#heap.wasm._malloc(4 * Math.max(size, 1)) >>> 0;
    try {
      return body(address);
    } finally {
      this.#heap.wasm._free(address);
    }
  }

  /** Sets all values of a tensor that `output` has created to 0. */
  clear(x: Tensor): void {
    new Float32Array(this.#instance.memory.buffer, this.addressOf(x), x.size).fill(0);
  }

  /** Writes values to memory that `withRoom` has allocated. */
  write(address: number, values: ArrayLike<number>): void {
    new Float32Array(this.#instance.memory.buffer, address, values.length).set(values);
  }

  /**
   * Runs a kernel.
   *
   * @param units the number of units of the kernel's work; the comment of the kernel says what a
   *   unit is. If all inputs are finite, a unit gives the same values in any thread.
   * @param args the fields of the kernel's struct, in order. A number that is not an integer is
   *   given as `float(x)`.
   * @param options `scratch`: the number of intermediate values per thread; `work`: the number of
   *   multiplications, which decides whether threads are used.
   */
  run(
    kernel: SimdKernel,
    units: number,
    args: readonly number[],
    { scratch = 0, work = 0 }: { readonly scratch?: number; readonly work?: number } = {},
  ): void {
    if (units === 0) return;
    const pool = work < WORTHWHILE || units === 1 ? undefined : this.#pool;
    // The values of each thread begin at a multiple of 16 bytes.
    const size = Math.ceil(scratch / 4) * 4;
    this.withRoom(size * (pool?.threads ?? 1), (address) => {
      new Int32Array(this.#instance.memory.buffer, this.#args, args.length).set(args);
      if (pool === undefined) this.#instance.exports[kernel](this.#args, 0, units, address);
      else {
        const at = { args: this.#args, scratch: address, scratchBytes: 4 * size };
        pool.run({ kernel, units, ...at });
      }
    });
  }
}

/**
 * From this number of multiplications on, threads are used. Waking them takes about 20 µs, and one
 * thread computes this many multiplications in that time.
 */
const WORTHWHILE = 2 ** 18;

/** One unit of an elementwise kernel's work has this number of elements. */
const BLOCK = 4096;

/** Runs a kernel of source/elementwise.c, which maps elements of inputs to elements of outputs. */
export function runElementwise(
  kernel: SimdKernel,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  numbers: readonly number[] = [],
): void {
  const simd = simdOf();
  const addresses = (tensors: readonly Tensor[], count: number) =>
    Array.from({ length: count }, (_, k) => (k in tensors ? simd.addressOf(tensors[k]) : 0));
  const { size } = inputs[0];
  const fields = [...addresses(inputs, 3), ...addresses(outputs, 3), size, ...numbers.map(float)];
  // If the output is a single value, such as a sum, one unit computes it from all elements.
  simd.run(kernel, outputs[0].size === size ? unitsOf(size, BLOCK) : 1, fields, { work: size });
}

/**
 * Returns the integer that has the same bits as a single-precision number, for a field of a struct.
 */
export function float(x: number): number {
  return new Int32Array(Float32Array.of(x).buffer)[0];
}

/** Returns the number of units of work on `size` elements or rows, with `atOnce` in each unit. */
export function unitsOf(size: number, atOnce: number): number {
  return Math.ceil(size / atOnce);
}

/** The kernels of each wasm backend. A backend without boxprop's own kernels has no entry. */
const instances = new WeakMap<object, Simd>();

/** Sets the kernels of a wasm backend. */
export function addSimd(of: object, simd: Simd): void {
  instances.set(of, simd);
}

/**
 * Returns the kernels of the backend in use. Throws if it is not a wasm backend with boxprop's own
 * kernels.
 */
export function simdOf(): Simd {
  const simd = instances.get(backend());
  if (simd === undefined) throw new Error('simdOf: expected the backend wasm with own kernels');
  return simd;
}
