import { add, exp, mul, sigmoid, square, sub, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkChoice, checkGradOutput, checkInput, checkOptions, checkRank } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { normalCdf } from '../lib/kernels/elementwise/normalCdf.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The options of `GELU`. */
export interface GELUOptions {
  /**
   * How the probability P is computed: exactly with `'none'` (the default), or approximately with
   * `'tanh'`.
   */
  readonly approximate?: 'none' | 'tanh';
}

/** The values that `GELU` keeps for its backward method. */
export interface GELUCache {
  readonly input: Tensor;
  /** The probability P(x_in). */
  readonly probability: Tensor;
}

const K = 0.044715;

/**
 * The Gaussian error linear unit: the input times the probability that a standard normal variable
 * is below it.
 *
 *   forward          x_out = x P(x),  x = x_in
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · (P(x) + x P'(x))
 *
 *   'none'   P(x) = Φ(x) = ½ (1 + erf(x/√2))         P'(x) = φ(x) = exp(−x²/2) / √(2π)
 *   'tanh'   P(x) = ½ (1 + tanh(u(x))) = σ(2 u(x))   P'(x) = 2 u'(x) P(x) (1 − P(x))
 *            u(x) = √(2/π) (x + k x³)                u'(x) = √(2/π) (1 + 3 k x²),  k = 0.044715
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's; an `approximate` that is neither `'none'` nor `'tanh'`.
 * Source: Hendrycks & Gimpel 2016, arXiv:1606.08415, section 2.
 *
 *     const box = new GELU({ approximate: 'tanh' });
 *     box.infer(tensor1d([-1, 0, 1]));   // [-0.1588, 0, 0.8412]
 */
export class GELU extends Module<Tensor, Tensor, GELUCache> {
  override readonly hidesInfinity = true;
  readonly approximate: 'none' | 'tanh';

  constructor(options: GELUOptions = {}) {
    super();
    checkOptions(this, options, ['approximate']);
    const { approximate = 'none' } = options;
    checkChoice(this, 'approximate', approximate, ['none', 'tanh']);
    this.approximate = approximate;
  }

  forward(input: Tensor): ForwardResult<Tensor, GELUCache> {
    checkInput(this, input);
    const probability = this.approximate === 'none' ? normalCdf(input) : tanhCdf(input);
    return { output: mul(input, probability), cache: { input: input.clone(), probability } };
  }

  backpropToInput(gradOutput: Tensor, { input, probability }: GELUCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => {
      const xDensity = this.approximate === 'none' ? xNormal(input) : xTanh(input, probability);
      return mul(gradOutput, add(probability, xDensity));
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise');
  }
}

/**
 * Computes P(x) as σ(2 u(x)), because ½ (1 + tanh(u)) would lose all digits where tanh is close to
 * −1.
 */
function tanhCdf(x: Tensor): Tensor {
  return tidy(() => {
    const cubic = add(x, mul(scalar(K), mul(x, square(x))));
    return sigmoid(mul(scalar(2 * Math.sqrt(2 / Math.PI)), cubic));
  });
}

/** Computes x P'(x) = x φ(x). */
function xNormal(x: Tensor): Tensor {
  const density = mul(scalar(1 / Math.sqrt(2 * Math.PI)), exp(mul(scalar(-0.5), square(x))));
  return mul(x, density);
}

/**
 * Computes x P'(x) = x · 2 u'(x) P (1 − P). P (1 − P) is multiplied first: it is 0 where x²
 * overflows, so the result is 0 there too.
 */
function xTanh(x: Tensor, p: Tensor): Tensor {
  const slope = mul(scalar(2 * Math.sqrt(2 / Math.PI)), mul(p, sub(scalar(1), p)));
  const linear = mul(x, slope);
  return add(linear, mul(scalar(3 * K), mul(x, mul(x, linear))));
}
