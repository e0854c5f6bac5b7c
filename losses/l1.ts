import { abs, mul, sub, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { checkChoice, checkInput, checkOptions, checkTensor } from '../lib/check.ts';
import { Cost, exampleWeight, type Reduction } from '../lib/cost.ts';
import { scalar } from '../lib/constant.ts';
import { signOf } from '../lib/kernels/elementwise/sign.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';

/** The options of `L1`. */
export interface L1Options {
  /** Whether the loss is the mean over the examples or their sum; 'mean' by default. */
  readonly reduction?: Reduction;
}

/** The cache of `L1`. */
export interface L1Cache {
  /** The sign of x − y. */
  readonly sign: Tensor;
}

/**
 * The sum of absolute differences. Where a difference is 0, its derivative is taken to be 0.
 *
 *   forward          C = Σ_n ‖x_n − y_n‖₁, divided by N for the reduction 'mean'
 *   backpropToInput  ∂C/∂x = sign(x − y), divided by N for 'mean'
 *
 * PyTorch's `L1Loss` has the same 'sum'; its 'mean' is over all elements.
 *
 * Shapes: input, target [N, ...], the same; loss a scalar.
 * Errors: a target whose shape differs from the input's (tfjs would broadcast it); a tensor that is
 *         not float; an unknown option.
 * Source: least absolute deviations, Boscovich 1757.
 *
 *     const cost = new L1();
 *     const { loss, cache } = cost.forward(output, target);
 */
export class L1 extends Cost<Tensor, Tensor, L1Cache> {
  readonly reduction: Reduction;

  constructor(options: L1Options = {}) {
    super();
    checkOptions(this, options, ['reduction']);
    const { reduction = 'mean' } = options;
    checkChoice(this, 'reduction', reduction, ['mean', 'sum']);
    this.reduction = reduction;
  }

  forward(input: Tensor, target: Tensor): { loss: Scalar; cache: L1Cache } {
    checkInput(this, input);
    checkTensor(this, 'forward', 'target', target, input.shape);
    return tidy(() => {
      const difference = sub(input, target);
      const weight = exampleWeight(this.reduction, input.shape[0]);
      const loss: Scalar = mul(sumAll(abs(difference)), scalar(weight));
      return { loss, cache: { sign: signOf(difference) } };
    });
  }

  backpropToInput({ sign }: L1Cache): Tensor {
    return tidy(() => mul(sign, scalar(exampleWeight(this.reduction, sign.shape[0]))));
  }
}
