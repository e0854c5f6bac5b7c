import {
  div,
  exp,
  isNaN,
  log,
  max,
  mul,
  pow,
  reciprocal,
  sigmoid,
  softmax,
  softplus,
  sub,
  sum,
  tidy,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';

/*
 * Functions whose kernels on GPUs turn NaN into a number. The shader languages allow an
 * implementation to assume that no value is NaN.
 */

type Unary = (x: Tensor) => Tensor;

/** Makes a function return NaN where its input is NaN. */
function keepNaN(f: Unary): Unary {
  return (x) => tidy(() => where(isNaN(x), x, f(x)));
}

/** webgpu's own kernel turns a NaN whose sign bit is set, such as ∞ − ∞, into ∞. */
const EXP: ByBackend<Unary> = { webgpu: keepNaN(exp), other: exp };

/** Returns exp(x). */
export function expOf<T extends Tensor>(x: T): T {
  return forBackend(EXP)(x) as T;
}

/** webgpu's own kernel turns NaN into 0. */
const SIGMOID: ByBackend<Unary> = { webgpu: keepNaN(sigmoid), other: sigmoid };

/** Returns 1/(1 + exp(−x)). */
export function sigmoidOf(x: Tensor): Tensor {
  return forBackend(SIGMOID)(x);
}

/** The kernels of webgl and webgpu turn NaN into ∞. */
const SOFTPLUS: ByBackend<Unary> = {
  webgl: keepNaN(softplus),
  webgpu: keepNaN(softplus),
  other: softplus,
};

/** Returns log(1 + exp(x)), and x itself for large x. */
export function softplusOf(x: Tensor): Tensor {
  return forBackend(SOFTPLUS)(x);
}

/** webgpu's own kernel turns a NaN whose sign bit is set into a number. */
const LOG: ByBackend<Unary> = { webgpu: keepNaN(log), other: log };

/** Returns log(x), for x ≥ 0. */
export function logOf<T extends Tensor>(x: T): T {
  return forBackend(LOG)(x) as T;
}

/** If one element is NaN, webgpu's own kernel returns 0 for the other probabilities. */
const SOFTMAX: ByBackend<Unary> = { webgpu: softmaxInParts, other: (x) => softmax(x) };

/** Returns exp(x_i) / Σ_j exp(x_j) along the last axis. */
export function softmaxOf(x: Tensor): Tensor {
  return forBackend(SOFTMAX)(x);
}

function softmaxInParts(x: Tensor): Tensor {
  return tidy(() => {
    const powers = expOf(sub(x, max(x, -1, true)));
    return div(powers, sum(powers, -1, true));
  });
}

const POW: ByBackend<(x: Tensor, p: number) => Tensor> = {
  // webgl's own kernel turns NaN into 0.
  webgl: (x, p) => keepNaN((base) => pow(base, scalar(p)))(x),
  other: (x, p) => tidy(() => pow(x, scalar(p))),
};

/** Returns x^p. */
export function powOf<T extends Tensor>(x: T, p: number): T {
  return forBackend(POW)(x, p) as T;
}

const QUOTIENT: ByBackend<(a: Tensor, b: Tensor) => Tensor> = {
  // webgl's own kernel returns 1 for ∞/∞.
  webgl: (a, b) => tidy(() => mul(a, reciprocal(b))),
  other: div,
};

/** Returns a/b, and NaN for ∞/∞. */
export function quotient<T extends Tensor>(a: Tensor, b: Tensor): T {
  return forBackend(QUOTIENT)(a, b) as T;
}
