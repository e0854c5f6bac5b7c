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
 * Tensors from numbers, in the precision of the backend. tfjs's own `tensor` and `scalar` round every number to
 * single precision before a backend sees it, which is not what a double-precision reference is for.
 */
export function constant<R extends Rank>(values: ArrayLike<number>, shape: ShapeMap[R]): Tensor<R> {
  if (Object.keys(engine().registryFactory).length === 0) {
    throw new InputError('no backend is in use: await useBackend() before making boxes or tensors');
  }
  // The backend `float64` takes doubles under the dtype float32: tfjs has no name for them.
  const stored = getBackend() === 'float64' ? new Float64Array(values) : new Float32Array(values);
  return engine().makeTensor(stored as Float32Array, shape, 'float32') as Tensor<R>;
}

export function scalar(value: number): Scalar {
  return constant<Rank.R0>([value], []);
}

/** Scalars that are made once and used again, until `dispose`: an optimizer's, which meet every parameter. */
export class Scalars {
  readonly #made = new Map<number, Scalar>();

  of(value: number): Scalar {
    let made = this.#made.get(value);
    if (made === undefined) this.#made.set(value, (made = keep(scalar(value))));
    return made;
  }

  dispose(): void {
    for (const made of this.#made.values()) made.dispose();
    this.#made.clear();
  }
}
