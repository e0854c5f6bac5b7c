import { clipByValue, minimum, mul, relu, step, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { bitsOf, computeOnHost, type Values } from '../backends/host.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { runOperation } from '../backends/tensorflow.ts';
import { surelyFinite } from '../reduce/surelyFinite.ts';

const POSITIVE_PART: ByBackend<(x: Tensor) => Tensor> = {
  tensorflow: (x) => runOperation('Relu', {}, [x]),
  // wasm's own kernel returns 0 for a NaN whose sign bit is set, such as ∞ − ∞.
  wasm: (x) => (surelyFinite(x) ? relu(x) : positivePartInLoop(x)),
  other: relu,
};

/** Returns max(0, x), or NaN where x is NaN. */
export function positivePart<T extends Tensor>(x: T): T {
  return forBackend(POSITIVE_PART)(x) as T;
}

function positivePartInLoop(x: Tensor): Tensor {
  return computeOnHost([x], x.shape, (y, values) => {
    for (let i = 0; i < y.length; i++)
      y[i] = Number.isNaN(values[i]) ? NaN : Math.max(values[i], 0);
  });
}

const POSITIVE_PART_TO_INPUT: ByBackend<(gradOutput: Tensor, output: Tensor) => Tensor> = {
  // One operation, because tfjs-node composes `step` of five.
  tensorflow: (gradOutput, output) => runOperation('ReluGrad', {}, [gradOutput, output]),
  cpu: maskInLoop,
  wasm: maskInLoop,
  float64: maskInLoop,
  other: (gradOutput, output) => tidy(() => mul(gradOutput, step(output))),
};

/**
 * Computes the gradient of max(0, x): 0 where the output is 0, else gradOutput. TensorFlow and the
 * graphics cards multiply by 0 or 1, so there an infinite gradient at an output of 0 becomes NaN.
 */
export function positivePartToInput(gradOutput: Tensor, output: Tensor): Tensor {
  return forBackend(POSITIVE_PART_TO_INPUT)(gradOutput, output);
}

/**
 * The gradients of an output that is +0 or more, or NaN. Masks of bits need no `if`, at which a
 * processor would stall for every unpredictable sign.
 */
function maskInLoop(gradOutput: Tensor, output: Tensor): Tensor {
  const fill = (gradInput: Values, grad: Values, y: Values) => {
    if (gradInput instanceof Float32Array) maskBits(bitsOf(gradInput), bitsOf(grad), bitsOf(y));
    else for (let i = 0; i < y.length; i++) gradInput[i] = y[i] === 0 ? 0 : grad[i];
  };
  return computeOnHost([gradOutput, output], output.shape, fill, { zeroed: false });
}

/** Of a number that is not 0, either the bits or their negative have the sign bit. */
function maskBits(to: Int32Array, from: Int32Array, y: Int32Array): void {
  for (let i = 0; i < to.length; i++) to[i] = from[i] & ((y[i] | -y[i]) >> 31);
}

const NEGATIVE_PART: ByBackend<(x: Tensor) => Tensor> = {
  float64: negativePartInLoop,
  cpu: negativePartInLoop,
  // A fiftieth of the time of wasm's own minimum, but it loses a NaN.
  wasm: (x) => (surelyFinite(x) ? clipByValue(x, -Infinity, 0) : negativePartInLoop(x)),
  other: (x) => tidy(() => minimum(x, scalar(0))),
};

/** Returns min(0, x), or NaN where x is NaN. x − max(0, x) would be NaN at ∞ as well. */
export function negativePart(x: Tensor): Tensor {
  return forBackend(NEGATIVE_PART)(x);
}

function negativePartInLoop(x: Tensor): Tensor {
  return computeOnHost([x], x.shape, (y, values) => {
    for (let i = 0; i < y.length; i++) y[i] = Math.min(values[i], 0);
  });
}
