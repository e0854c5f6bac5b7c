import { mul, square, sub, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { checkChoice, checkInput, checkOptions, checkTensor } from '../lib/check.ts';
import { Cost, exampleWeight, type Reduction } from '../lib/cost.ts';
import { scalar } from '../lib/constant.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';

/** The options of `Euclidean`. */
export interface EuclideanOptions {
  /** Whether the loss is the mean over the examples or their sum; 'mean' by default. */
  readonly reduction?: Reduction;
}

/** The cache of `Euclidean`. */
export interface EuclideanCache {
  /** The difference x − y. */
  readonly difference: Tensor;
}

/**
 * Half the squared distance.
 *
 *   forward          C = ½ Σ_n ‖x_n − y_n‖², divided by N for the reduction 'mean'
 *   backpropToInput  ∂C/∂x = x − y, divided by N for 'mean'
 *
 * PyTorch's `MSELoss` has no ½, and its 'mean' is over all elements: with D elements per example,
 * this 'mean' is D/2 times PyTorch's.
 *
 * Shapes: input, target [N, ...], the same; loss a scalar.
 * Errors: a target whose shape differs from the input's (tfjs would broadcast it); a tensor that is
 *         not float; an unknown option.
 * Source: lecture, "Computing gradients: cost layer". 'sum' is the lecture's E.
 *
 *     const cost = new Euclidean();
 *     const { loss, cache } = cost.forward(output, target);
 */
export class Euclidean extends Cost<Tensor, Tensor, EuclideanCache> {
  readonly reduction: Reduction;

  constructor(options: EuclideanOptions = {}) {
    super();
    checkOptions(this, options, ['reduction']);
    const { reduction = 'mean' } = options;
    checkChoice(this, 'reduction', reduction, ['mean', 'sum']);
    this.reduction = reduction;
  }

  forward(input: Tensor, target: Tensor): { loss: Scalar; cache: EuclideanCache } {
    checkInput(this, input);
    checkTensor(this, 'forward', 'target', target, input.shape);
    return tidy(() => {
      const difference = sub(input, target);
      const weight = exampleWeight(this.reduction, input.shape[0]);
      const loss: Scalar = mul(sumAll(square(difference)), scalar(0.5 * weight));
      return { loss, cache: { difference } };
    });
  }

  backpropToInput({ difference }: EuclideanCache): Tensor {
    return tidy(() => mul(difference, scalar(exampleWeight(this.reduction, difference.shape[0]))));
  }
}
