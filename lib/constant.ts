import {
  engine,
  getBackend,
  keep,
  type Rank,
  type Scalar,
  type ShapeMap,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { InputError } from './errors.ts';

/**
 * Creates a float tensor from values in row-major order, in the precision of the backend, and
 * copies the values. tfjs's own `tensor` first rounds the values to single precision, which is not
 * enough for float64, the double-precision reference.
 *
 * Errors: no backend has been started.
 *
 *     const x = constant([1, 2, 3, 4, 5, 6], [2, 3]);
 */
export function constant<R extends Rank>(values: ArrayLike<number>, shape: ShapeMap[R]): Tensor<R> {
  checkBackend();
  // tfjs has no dtype for doubles, so on the backend `float64` the dtype float32 means doubles.
  const stored = getBackend() === 'float64' ? new Float64Array(values) : new Float32Array(values);
  return engine().makeTensor(stored as Float32Array, shape, 'float32') as Tensor<R>;
}

/**
 * Creates a float tensor as `constant` does, from values that nobody else uses: on a backend whose
 * tensors are typed arrays, the tensor may consist of this array, so that it is in memory once.
 *
 * Errors: no backend has been started.
 */
export function ownedConstant<R extends Rank>(
  values: ArrayLike<number>,
  shape: ShapeMap[R],
): Tensor<R> {
  checkBackend();
  const isSingle = getBackend() !== 'float64' && values instanceof Float32Array;
  if (!isSingle) return constant(values, shape);
  return engine().makeTensor(values, shape, 'float32') as Tensor<R>;
}

function checkBackend(): void {
  if (Object.keys(engine().registryFactory).length === 0) {
    throw new InputError(
      'expected a backend, got none: call `await useBackend()` before creating boxes or tensors',
    );
  }
}

/** Creates an array of zeros in the precision of the backend. */
export function newValues(size: number): Float32Array | Float64Array {
  return getBackend() === 'float64' ? new Float64Array(size) : new Float32Array(size);
}

/** Creates a float scalar, in the precision of the backend. */
export function scalar(value: number): Scalar {
  return constant<Rank.R0>([value], []);
}

/**
 * Creates scalars once and reuses them until `dispose`. An optimizer, for example, uses the same
 * learning rate for every parameter.
 *
 *     const scalars = new Scalars();
 *     const step = mul(grad, scalars.of(learningRate)); // for every gradient
 *     scalars.dispose();
 */
export class Scalars {
  readonly #made = new Map<number, Scalar>();

  /**
   * Returns the scalar with a given value. This object owns the scalar, so the caller must not
   * dispose it.
   */
  of(value: number): Scalar {
    let made = this.#made.get(value);
    if (made === undefined) {
      made = keep(scalar(value));
      this.#made.set(value, made);
    }
    return made;
  }

  /** Disposes all scalars. */
  dispose(): void {
    for (const made of this.#made.values()) made.dispose();
    this.#made.clear();
  }
}
