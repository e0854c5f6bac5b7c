import {
  variable,
  type Rank,
  type ShapeMap,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import { BoxError, BoxpropError, InputError, show } from '../errors.ts';
import { nameOf } from '../check.ts';
import { constant } from '../constant.ts';
import type { Rng } from '../rng.ts';

/** What an initializer may use: n_in and n_out count the connections into and out of one unit. */
export interface Fan {
  readonly fanIn: number;
  readonly fanOut: number;
}

/**
 * Gives the values of a parameter of this shape, in row-major order. What is drawn is of single precision, so that a
 * network starts from the same weights on every backend, and a large one from half the memory.
 */
export interface Initializer {
  (shape: readonly number[], fan: Fan, rng: Rng | undefined): ArrayLike<number>;
}

export const numElements = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);

/** Every value the same. */
export const fill =
  (value: number): Initializer =>
  (shape) =>
    new Float64Array(numElements(shape)).fill(value);

export const zeros: Initializer = (shape) => new Float32Array(numElements(shape));

/** The given values, nested as the shape is or flat. */
export const values =
  (given: readonly number[] | readonly (readonly number[])[]): Initializer =>
  (shape) => {
    const flat = given.flat();
    if (flat.length !== numElements(shape)) {
      throw new InputError(
        `expected ${numElements(shape)} initial values for shape ${show([...shape])}, got ${flat.length}`,
      );
    }
    return flat;
  };

/** Uniform in ±√(6/(n_in + n_out)). Source: Glorot & Bengio, AISTATS 2010, equation 16. */
export const glorotUniform: Initializer = (shape, { fanIn, fanOut }, rng) => {
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return needed(rng).fillUniforms(new Float32Array(numElements(shape)), -bound, bound);
};

/** Normal with variance 2/(n_in + n_out). Source: Glorot & Bengio, AISTATS 2010. */
export const glorotNormal: Initializer = (shape, { fanIn, fanOut }, rng) =>
  needed(rng).fillNormals(new Float32Array(numElements(shape)), 0, Math.sqrt(2 / (fanIn + fanOut)));

/**
 * Normal with ½(1 + a²) n_in Var[w] = 1: what keeps the variance through a PReLU of slope a, or a ReLU for a = 0.
 * Source: He et al. 2015, arXiv:1502.01852, equation 15.
 */
export const preluNormal =
  (slope: number): Initializer =>
  (shape, { fanIn }, rng) =>
    needed(rng).fillNormals(
      new Float32Array(numElements(shape)),
      0,
      Math.sqrt(2 / ((1 + slope ** 2) * fanIn)),
    );

/** Normal with variance 2/n_in. Source: He et al. 2015, arXiv:1502.01852, equation 10. */
export const heNormal: Initializer = preluNormal(0);

/** Uniform in ±√(6/n_in): the variance of `heNormal`. */
export const heUniform: Initializer = (shape, { fanIn }, rng) => {
  const bound = Math.sqrt(6 / fanIn);
  return needed(rng).fillUniforms(new Float32Array(numElements(shape)), -bound, bound);
};

/**
 * Uniform in 0 ... 0.01/n_in: positive, and so small that a cell of a neocognitron answers next to nothing before it has
 * learned.
 */
export const positiveUniform: Initializer = (shape, { fanIn }, rng) =>
  needed(rng).fillUniforms(new Float32Array(numElements(shape)), 0, 0.01 / fanIn);

/** A parameter of `box`, drawn by `init`. Errors name the box and the parameter. */
export function createParam<R extends Rank>(
  box: object,
  name: string,
  shape: ShapeMap[R],
  fan: Fan,
  init: Initializer,
  rng?: Rng,
): Variable<R> {
  try {
    const initial: Tensor<R> = constant(init(shape, fan, rng), shape);
    const param = variable(initial);
    initial.dispose();
    return param;
  } catch (error) {
    if (!(error instanceof BoxpropError)) throw error;
    throw new BoxError([nameOf(box)], `${name}: ${error.message}`);
  }
}

function needed(rng: Rng | undefined): Rng {
  if (rng === undefined)
    throw new InputError('expected options.rng, such as new Rng(0), to draw from, got undefined');
  return rng;
}
