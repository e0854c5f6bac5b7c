import * as tf from '@tensorflow/tfjs-core';
import { type DataType, type KernelConfig, type TensorInfo } from '@tensorflow/tfjs-core';
import { allocate, type Float64Backend } from './backend.ts';
import { erf } from './erf.ts';
import { kernel } from './kernel.ts';
import { broadcast, sizeOf } from './strided.ts';

type OfOne = (x: number) => number;
type OfTwo = (a: number, b: number) => number;

function map(
  backend: Float64Backend,
  x: TensorInfo,
  f: OfOne,
  dtype: DataType = x.dtype,
): TensorInfo {
  const values = backend.values(x);
  const out = allocate(dtype, values.length);
  for (let i = 0; i < out.length; i++) out[i] = f(values[i]);
  return backend.output(out, x.shape, dtype);
}

function zip(
  backend: Float64Backend,
  a: TensorInfo,
  b: TensorInfo,
  f: OfTwo,
  dtype: DataType,
): TensorInfo {
  const shape = commonShape(a, b);
  const left = broadcast(backend.values(a), a.shape, shape);
  const right = broadcast(backend.values(b), b.shape, shape);
  const out = allocate(dtype, sizeOf(shape));
  for (let i = 0; i < out.length; i++) out[i] = f(left[i], right[i]);
  return backend.output(out, shape, dtype);
}

function commonShape(a: TensorInfo, b: TensorInfo): number[] {
  if (tf.util.arraysEqual(a.shape, b.shape) || b.shape.length === 0) return a.shape;
  return tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
}

const unary = (name: string, f: OfOne): KernelConfig =>
  kernel<tf.UnaryInputs>(name, (backend, { x }) => map(backend, x, f));

const predicate = (name: string, f: (x: number) => boolean): KernelConfig =>
  kernel<tf.UnaryInputs>(name, (backend, { x }) => map(backend, x, (v) => (f(v) ? 1 : 0), 'bool'));

const binary = (name: string, f: OfTwo, dtype?: DataType): KernelConfig =>
  kernel<tf.BinaryInputs>(name, (backend, { a, b }) =>
    zip(backend, a, b, f, dtype ?? tf.upcastType(a.dtype, b.dtype)),
  );

const comparison = (name: string, f: (a: number, b: number) => boolean): KernelConfig =>
  kernel<tf.BinaryInputs>(name, (backend, { a, b }) =>
    zip(backend, a, b, (l, r) => (f(l, r) ? 1 : 0), 'bool'),
  );

/**
 * Rounds to the nearest integer. A value halfway between two integers is rounded to the even one,
 * as in tfjs.
 */
function round(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Returns the remainder of a division, with the sign of the divisor. */
function mod(a: number, b: number): number {
  const remainder = a % b;
  return remainder !== 0 && remainder < 0 !== b < 0 ? remainder + b : remainder;
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** The kernels that compute each element from one element per input, after broadcasting. */
export const elementwiseKernels: KernelConfig[] = [
  unary(tf.Abs, Math.abs),
  unary(tf.Neg, (x) => -x),
  unary(tf.Exp, Math.exp),
  unary(tf.Expm1, Math.expm1),
  unary(tf.Log, Math.log),
  unary(tf.Log1p, Math.log1p),
  unary(tf.Sqrt, Math.sqrt),
  unary(tf.Rsqrt, (x) => 1 / Math.sqrt(x)),
  unary(tf.Square, (x) => x * x),
  unary(tf.Reciprocal, (x) => 1 / x),
  unary(tf.Tanh, Math.tanh),
  unary(tf.Sigmoid, (x) => 1 / (1 + Math.exp(-x))),
  unary(tf.Softplus, (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  unary(tf.Relu, (x) => Math.max(x, 0)),
  unary(tf.Relu6, (x) => Math.min(Math.max(x, 0), 6)),
  unary(tf.Elu, (x) => (x >= 0 ? x : Math.expm1(x))),
  unary(tf.Selu, (x) => SELU_SCALE * (x >= 0 ? x : SELU_ALPHA * Math.expm1(x))),
  unary(tf.Erf, erf),
  unary(tf.Sign, Math.sign),
  unary(tf.Floor, Math.floor),
  unary(tf.Ceil, Math.ceil),
  unary(tf.Round, round),
  unary(tf.Sin, Math.sin),
  unary(tf.Cos, Math.cos),
  unary(tf.Tan, Math.tan),
  unary(tf.Atan, Math.atan),
  predicate(tf.LogicalNot, (x) => x === 0),
  predicate(tf.IsNan, Number.isNaN),
  predicate(tf.IsInf, (x) => Math.abs(x) === Infinity),
  predicate(tf.IsFinite, Number.isFinite),
  kernel<tf.StepInputs, tf.StepAttrs>(tf.Step, (backend, { x }, { alpha }) =>
    map(backend, x, (v) => (Number.isNaN(v) ? v : v > 0 ? 1 : alpha)),
  ),
  kernel<tf.LeakyReluInputs, tf.LeakyReluAttrs>(tf.LeakyRelu, (backend, { x }, { alpha }) =>
    map(backend, x, (v) => (v < 0 ? alpha * v : v)),
  ),
  kernel<tf.ClipByValueInputs, tf.ClipByValueAttrs>(
    tf.ClipByValue,
    (backend, { x }, { clipValueMin, clipValueMax }) =>
      map(backend, x, (v) => Math.min(Math.max(v, clipValueMin), clipValueMax)),
  ),
  kernel<tf.IdentityInputs>(tf.Identity, (backend, { x }) => backend.share(x, x.shape)),
  kernel<tf.CastInputs, tf.CastAttrs>(tf.Cast, (backend, { x }, { dtype }) => {
    if (dtype === x.dtype) return backend.share(x, x.shape);
    return map(backend, x, dtype === 'bool' ? (v) => (v === 0 ? 0 : 1) : (v) => v, dtype);
  }),

  binary(tf.Add, (a, b) => a + b),
  binary(tf.Sub, (a, b) => a - b),
  binary(tf.Multiply, (a, b) => a * b),
  binary(tf.RealDiv, (a, b) => a / b),
  binary(tf.FloorDiv, (a, b) => Math.floor(a / b), 'int32'),
  binary(tf.Mod, mod),
  binary(tf.Pow, Math.pow),
  binary(tf.Maximum, (a, b) => Math.max(a, b)),
  binary(tf.Minimum, (a, b) => Math.min(a, b)),
  binary(tf.SquaredDifference, (a, b) => (a - b) * (a - b)),
  comparison(tf.Greater, (a, b) => a > b),
  comparison(tf.GreaterEqual, (a, b) => a >= b),
  comparison(tf.Less, (a, b) => a < b),
  comparison(tf.LessEqual, (a, b) => a <= b),
  comparison(tf.Equal, (a, b) => a === b),
  comparison(tf.NotEqual, (a, b) => a !== b),
  comparison(tf.LogicalAnd, (a, b) => a !== 0 && b !== 0),
  comparison(tf.LogicalOr, (a, b) => a !== 0 || b !== 0),
  kernel<tf.PreluInputs>(tf.Prelu, (backend, { x, alpha }) =>
    zip(backend, x, alpha, (v, slope) => (v < 0 ? slope * v : v), 'float32'),
  ),
  kernel<tf.AddNInputs>(tf.AddN, (backend, tensors) => {
    const [first] = tensors;
    const out = allocate(first.dtype, sizeOf(first.shape));
    for (const tensor of tensors) {
      const values = backend.values(tensor);
      for (let i = 0; i < out.length; i++) out[i] += values[i];
    }
    return backend.output(out, first.shape, first.dtype);
  }),
  kernel<tf.SelectInputs>(tf.Select, (backend, { condition, t, e }) => {
    // tfjs-core has already broadcast all three inputs to the shape of the result.
    const choice = backend.values(condition);
    const [yes, no] = [backend.values(t), backend.values(e)];
    const dtype = tf.upcastType(t.dtype, e.dtype);
    const out = allocate(dtype, yes.length);
    for (let i = 0; i < out.length; i++) out[i] = choice[i] !== 0 ? yes[i] : no[i];
    return backend.output(out, t.shape, dtype);
  }),
];
