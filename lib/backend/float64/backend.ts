import {
  DataStorage,
  engine,
  KernelBackend,
  util,
  type BackendTimingInfo,
  type BackendValues,
  type DataId,
  type DataType,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import { InputError } from '../../errors.ts';
import { withinMemory } from '../../withinMemory.ts';

/**
 * The values of a tensor on float64. tfjs has no dtype for doubles, so the values of dtype
 * `float32` are kept in a `Float64Array`; finite differences need the digits. `int32` is an
 * `Int32Array`, and `bool` a `Uint8Array`.
 */
export type Values = Float64Array | Int32Array | Uint8Array;

interface Stored {
  readonly values: Values;
  refCount: number;
}

/**
 * The backend `float64`, which stores tensors in double precision.
 *
 * The backend copies all values that enter or leave it. So a caller may change its array afterwards
 * without an effect on the tensor, and may compare it with the tensor to check that a box did not
 * modify its input.
 *
 * tfjs moves a tensor to the backend that reads it. Moving tensors to this backend is safe, and so
 * is moving them from it to `cpu`. `wasm` would interpret the bytes of the doubles as single
 * precision, so copy the values to a `Float32Array` first.
 */
export class Float64Backend extends KernelBackend {
  readonly #storage = new DataStorage<Stored>(this, engine());

  /**
   * Returns the values of an input without copying them. The caller must not change them. Values of
   * another backend are moved to this backend first.
   */
  values(tensor: TensorInfo): Values {
    return this.#storage.get(tensor.dataId).values;
  }

  /** Creates the output of a kernel. The output owns the array from then on. */
  output(values: Values, shape: number[], dtype: DataType): TensorInfo {
    const dataId = {};
    this.#storage.set(dataId, { values, refCount: 1 });
    return { dataId, shape, dtype };
  }

  /**
   * Creates an output that has the values of the input in another shape. Input and output share the
   * values.
   */
  share({ dataId, dtype }: TensorInfo, shape: number[]): TensorInfo {
    this.incRef(dataId);
    return { dataId, shape, dtype };
  }

  override write(
    values: ArrayLike<number> | Uint8Array[],
    shape: number[],
    dtype: DataType,
  ): DataId {
    return this.output(convert(values, dtype), shape, dtype).dataId;
  }

  override move(
    dataId: DataId,
    values: ArrayLike<number> | Uint8Array[],
    _shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    this.#storage.set(dataId, { values: convert(values, dtype), refCount });
  }

  override readSync(dataId: DataId): BackendValues {
    // The type that tfjs declares does not include doubles, but tfjs accepts any typed array.
    return this.#storage.get(dataId).values.slice() as unknown as BackendValues;
  }

  override read(dataId: DataId): Promise<BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override numDataIds(): number {
    return this.#storage.numDataIds();
  }

  override refCount(dataId: DataId): number {
    return this.#storage.has(dataId) ? this.#storage.get(dataId).refCount : 0;
  }

  override incRef(dataId: DataId): void {
    this.#storage.get(dataId).refCount++;
  }

  /** Removes one reference without freeing the values. */
  decRef(dataId: DataId): void {
    if (this.#storage.has(dataId)) this.#storage.get(dataId).refCount--;
  }

  /**
   * Removes one reference, or all references if `force` is true. Returns whether the values have
   * been freed.
   */
  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.#storage.has(dataId)) return true;
    const stored = this.#storage.get(dataId);
    stored.refCount--;
    if (!force && stored.refCount > 0) return false;
    this.#storage.delete(dataId);
    return true;
  }

  override epsilon(): number {
    return 1e-15;
  }

  /** Returns 32, because tfjs allows only 16 and 32. */
  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override timerAvailable(): boolean {
    return true;
  }

  override time(run: () => void): Promise<BackendTimingInfo> {
    const start = util.now();
    run();
    return Promise.resolve({ kernelMs: util.now() - start });
  }

  override dispose(): void {
    // The storage is a WeakMap, so the values are freed with the tensors.
  }
}

/** Returns a typed array of zeros for a dtype. Throws for an unknown dtype. */
export function allocate(dtype: DataType, size: number): Values {
  if (dtype === 'float32') {
    return withinMemory('float64', 8 * size, () => new Float64Array(size));
  }
  if (dtype === 'int32') return new Int32Array(size);
  if (dtype === 'bool') return new Uint8Array(size);
  throw new InputError(`float64: expected dtype float32, int32 or bool, got ${dtype}`);
}

function convert(values: ArrayLike<number> | Uint8Array[], dtype: DataType): Values {
  const converted = allocate(dtype, values.length);
  if (isNumbers(values)) converted.set(values);
  return converted;
}

/**
 * Returns whether the values are numbers. The other case is strings, as lists of encoded bytes;
 * `allocate` throws for their dtype.
 */
function isNumbers(values: ArrayLike<number> | Uint8Array[]): values is ArrayLike<number> {
  return !(values[0] instanceof Uint8Array);
}
