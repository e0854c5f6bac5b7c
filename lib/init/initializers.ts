import {
  variable,
  type Rank,
  type ShapeMap,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import { BoxError, BoxpropError, InputError, show } from '../errors.ts';
import { nameOf } from '../check.ts';
import { constant, ownedConstant } from '../constant.ts';
import type { Rng } from '../rng.ts';
import { numElements } from '../shapes.ts';

/** The numbers of connections into and out of one unit, n_in and n_out. */
export interface Fan {
  /** n_in: the number of inputs that one output unit sums. */
  readonly fanIn: number;
  /** n_out: the number of output units that depend on one input, without regard to a stride. */
  readonly fanOut: number;
}

/**
 * Returns the initial values of a parameter of this shape, in row-major order. boxprop's own
 * initializers draw values in single precision. So a network starts from the same weights on every
 * backend, and a large network needs half the memory.
 *
 *     const small: Initializer = (shape, fan, rng) => rng!.normals(numElements(shape), 0, 0.01);
 *     new Linear(4, 3, { init: small, rng: new Rng(0) });
 */
export interface Initializer {
  (shape: readonly number[], fan: Fan, rng: Rng | undefined): ArrayLike<number>;
  /**
   * Whether nobody else uses the arrays that it returns, so that a parameter may consist of one
   * without a copy; false by default.
   */
  readonly isOwned?: boolean;
}

/**
 * Sets every value to the same number.
 *
 *     new PReLU(8, { init: init.fill(0.25) });
 */
export function fill(value: number): Initializer {
  return (shape) => new Float64Array(numElements(shape)).fill(value);
}

/**
 * Sets every value to 0.
 *
 *     new Linear(4, 3, { init: init.zeros });
 */
export const zeros: Initializer = (shape) => new Float32Array(numElements(shape));

/**
 * Returns the options of a box for a new box with random weights (see `Module.forInput`). If the
 * box was made without a generator, its weights were not random: they came from a file, or were
 * zeros until a file was read. Then the new box has its default initializer.
 */
export function renewed<Options extends { readonly init?: Initializer; readonly rng?: Rng }>(
  { init, rng: before, ...options }: Options,
  rng: Rng,
) {
  return { ...options, ...(init !== undefined && before !== undefined && { init }), rng };
}

/**
 * Sets the values to the given ones, which may be a list or a list of rows.
 *
 * Errors: a number of values that differs from the number of the parameter's elements.
 *
 *     new Linear(2, 2, { init: init.values([[1, -3], [0.2, 1]]) });
 */
export function values(given: readonly number[] | readonly (readonly number[])[]): Initializer {
  return (shape) => {
    const flat = given.flat();
    if (flat.length !== numElements(shape)) {
      throw new InputError(
        `expected ${numElements(shape)} initial values for shape ${show([...shape])}, got ${flat.length}`,
      );
    }
    return flat;
  };
}

/**
 * Draws uniformly from ±√(6/(n_in + n_out)).
 *
 * Errors: a missing generator.
 * Source: Glorot & Bengio, AISTATS 2010, equation 16.
 *
 *     new Linear(4, 3, { init: init.glorotUniform, rng: new Rng(0) });
 */
export const glorotUniform: Initializer = (shape, { fanIn, fanOut }, rng) => {
  const bound = Math.sqrt(6 / (fanIn + fanOut));
  return required(rng).fillUniforms(new Float32Array(numElements(shape)), -bound, bound);
};

/**
 * Draws from a normal distribution of variance 2/(n_in + n_out).
 *
 * Errors: a missing generator.
 * Source: Glorot & Bengio, AISTATS 2010, equation 12.
 *
 *     new Linear(4, 3, { init: init.glorotNormal, rng: new Rng(0) });
 */
export const glorotNormal: Initializer = (shape, { fanIn, fanOut }, rng) =>
  drawNormal(shape, 2 / (fanIn + fanOut), rng);

/**
 * Draws from a normal distribution with ½(1 + a²) n_in Var[w] = 1, which keeps the variance through
 * a PReLU of slope a, or a ReLU for a = 0.
 *
 * Errors: a missing generator.
 * Source: He et al. 2015, arXiv:1502.01852, equation 15.
 *
 *     new Conv2D(3, 8, 3, { init: init.preluNormal(0.25), rng: new Rng(0) });
 */
export function preluNormal(slope: number): Initializer {
  return (shape, { fanIn }, rng) => drawNormal(shape, 2 / ((1 + slope ** 2) * fanIn), rng);
}

/**
 * Draws from a normal distribution of variance 2/n_in.
 *
 * Errors: a missing generator.
 * Source: He et al. 2015, arXiv:1502.01852, equation 10.
 *
 *     new Conv2D(3, 8, 3, { init: init.heNormal, rng: new Rng(0) });
 */
export const heNormal: Initializer = preluNormal(0);

/**
 * Draws uniformly from ±√(6/n_in), which has the variance of `heNormal`.
 *
 * Errors: a missing generator.
 * Source: He et al. 2015, arXiv:1502.01852, equation 10.
 *
 *     new Conv2D(3, 8, 3, { init: init.heUniform, rng: new Rng(0) });
 */
export const heUniform: Initializer = (shape, { fanIn }, rng) => {
  const bound = Math.sqrt(6 / fanIn);
  return required(rng).fillUniforms(new Float32Array(numElements(shape)), -bound, bound);
};

/**
 * Draws uniformly from 0 to 0.01/n_in. The values are positive, and so small that an untrained cell
 * of a neocognitron hardly responds.
 *
 * Errors: a missing generator.
 *
 *     new SCell(1, 4, 3, { init: init.positiveUniform, rng: new Rng(0) });
 */
export const positiveUniform: Initializer = (shape, { fanIn }, rng) =>
  required(rng).fillUniforms(new Float32Array(numElements(shape)), 0, 0.01 / fanIn);

/**
 * Creates a parameter of a box.
 *
 * Errors: those of the initializer, with the box and the parameter in front: `Linear: weight: ...`.
 *
 *     createParam(this, 'weight', [2, 3], { fanIn: 3, fanOut: 2 }, glorotUniform, rng);
 */
export function createParam<R extends Rank>(
  box: object,
  name: string,
  shape: ShapeMap[R],
  fan: Fan,
  init: Initializer,
  rng?: Rng,
): Variable<R> {
  try {
    const values = init(shape, fan, rng);
    const initial: Tensor<R> = (init.isOwned === true ? ownedConstant : constant)(values, shape);
    const param = variable(initial);
    initial.dispose();
    return param;
  } catch (error) {
    // Only the JavaScript engine's error for an array that is too large is converted, because an
    // initializer may throw a RangeError of its own.
    if (error instanceof RangeError && /allocation failed|Invalid .*length/.test(error.message)) {
      const gibibytes = Number(((4 * numElements(shape)) / 2 ** 30).toPrecision(3));
      throw new BoxError(
        [nameOf(box)],
        `${name}: expected a shape whose values fit into memory, got [${shape.join(', ')}], ${gibibytes} GiB`,
      );
    }
    if (!(error instanceof BoxpropError)) throw error;
    throw new BoxError([nameOf(box)], `${name}: ${error.message}`);
  }
}

function drawNormal(shape: readonly number[], variance: number, rng: Rng | undefined) {
  return required(rng).fillNormals(new Float32Array(numElements(shape)), 0, Math.sqrt(variance));
}

function required(rng: Rng | undefined): Rng {
  if (rng === undefined)
    throw new InputError('expected options.rng, such as new Rng(0), to draw from, got undefined');
  return rng;
}
