import {
  type BackendTimingInfo,
  type BackendValues,
  type DataId,
  type DataType,
} from '@tensorflow/tfjs-core';
import { DataStorage, engine, KernelBackend, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { InputError } from '../../errors.ts';

/**
 * The storage of the `float64` backend. tfjs has no double type, so what tfjs calls `float32` is kept here in a
 * `Float64Array`: finite differences need the digits. `int32` is an `Int32Array`, `bool` a `Uint8Array`.
 *
 * What goes in and what comes out is copied: a caller who perturbs an array in place, or keeps one to see whether a
 * box modified its input, must not be looking at the tensor itself.
 *
 * tfjs moves a tensor to the backend that asks for it. Moves to this one are safe, and so are those to `cpu`; `wasm`
 * takes the bytes of the doubles for single precision. Copy to a Float32Array first.
 */
export type Values = Float64Array | Int32Array | Uint8Array;

interface Stored {
  readonly values: Values;
  refCount: number;
}

export class Float64Backend extends KernelBackend {
  readonly #storage = new DataStorage<Stored>(this, engine());

  /** The values of a kernel's input, not copied: read only. Fetches them from another backend if they live there. */
  values(tensor: TensorInfo): Values {
    return this.#storage.get(tensor.dataId).values;
  }

  /** The output of a kernel; takes the array over. */
  output(values: Values, shape: number[], dtype: DataType): TensorInfo {
    const dataId = {};
    this.#storage.set(dataId, { values, refCount: 1 });
    return { dataId, shape, dtype };
  }

  /** A kernel's output that is its input in another shape: the values are shared. */
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
    // The type of tfjs knows no doubles, but tfjs hands on whatever typed array it is given.
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

  decRef(dataId: DataId): void {
    if (this.#storage.has(dataId)) this.#storage.get(dataId).refCount--;
  }

  /** Gives up one reference, or all with `force`; true when no values are left. */
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

  /** tfjs allows only 16 and 32 as answers. */
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
    // The storage is weak: it goes with the tensors.
  }
}

/** Zeros, in the array that this backend keeps a dtype in. */
export function allocate(dtype: DataType, size: number): Values {
  if (dtype === 'float32') return new Float64Array(size);
  if (dtype === 'int32') return new Int32Array(size);
  if (dtype === 'bool') return new Uint8Array(size);
  throw new InputError(`float64: expected dtype float32, int32 or bool, got ${dtype}`);
}

function convert(values: ArrayLike<number> | Uint8Array[], dtype: DataType): Values {
  const converted = allocate(dtype, values.length);
  if (isNumbers(values)) converted.set(values);
  return converted;
}

/** Strings come as encoded bytes; `allocate` refuses their dtype. */
function isNumbers(values: ArrayLike<number> | Uint8Array[]): values is ArrayLike<number> {
  return !(values[0] instanceof Uint8Array);
}
