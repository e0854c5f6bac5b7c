import {
  clipByValue,
  maximum,
  minimum,
  mul,
  relu,
  step,
  tidy,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { scalar } from '../../constant.ts';
import { computeOnHost } from '../backends/host.ts';
import { forBackend, type ByBackend } from '../backends/select.ts';
import { runOperation } from '../backends/tensorflow.ts';
import { surelyFinite } from '../reduce/surelyFinite.ts';
import { simd } from '../simd/current.ts';

const POSITIVE_PART: ByBackend<(x: Tensor) => Tensor> = {
  tensorflow: (x) => runOperation('Relu', {}, [x]),
  // tfjs's own kernel returns 0 for a NaN whose sign bit is set, such as ∞ − ∞.
  wasm: (x) => (surelyFinite(x) ? relu(x) : positivePartInLoop(x)),
  get wasmSimd() {
    return simd()?.parts.positivePart;
  },
  // tfjs's own kernel multiplies −∞ by 0.
  webgl: (x) => tidy(() => maximum(x, scalar(0))),
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
  // tfjs-node's `step` consists of five operations.
  tensorflow: (gradOutput, output) => runOperation('ReluGrad', {}, [gradOutput, output]),
  get wasmSimd() {
    return simd()?.parts.positivePartToInput;
  },
  other: (gradOutput, output) => tidy(() => mul(gradOutput, step(output))),
};

/** Computes the gradient of max(0, x): gradOutput where the output is above 0, else 0. */
export function positivePartToInput(gradOutput: Tensor, output: Tensor): Tensor {
  return forBackend(POSITIVE_PART_TO_INPUT)(gradOutput, output);
}

const NEGATIVE_PART: ByBackend<(x: Tensor) => Tensor> = {
  float64: negativePartInLoop,
  cpu: negativePartInLoop,
  // `clipByValue` takes a fiftieth of the time of tfjs's own minimum, but it loses a NaN.
  wasm: (x) => (surelyFinite(x) ? clipByValue(x, -Infinity, 0) : negativePartInLoop(x)),
  get wasmSimd() {
    return simd()?.parts.negativePart;
  },
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
