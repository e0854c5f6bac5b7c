import { add, mul, neg, sub, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import {
  checkChoice,
  checkInput,
  checkOptions,
  checkPositiveFloat,
  checkTensor,
  nameOf,
} from '../lib/check.ts';
import { Cost, exampleWeight, type Reduction } from '../lib/cost.ts';
import { BoxError } from '../lib/errors.ts';
import { constant, scalar } from '../lib/constant.ts';
import { sigmoidOf, softplusOf } from '../lib/kernels/elementwise/keepNaN.ts';
import { sumAll } from '../lib/kernels/reduce/sumAll.ts';
import { probabilityTarget } from './labels.ts';

/** The options of `BinaryCrossEntropy`. */
export interface BinaryCrossEntropyOptions {
  /**
   * p, the weight of a target of 1: one number, or one per position of the last axis; 1 by default.
   */
  readonly posWeight?: number | readonly number[];
  /** Whether the loss is the mean over the examples or their sum; 'mean' by default. */
  readonly reduction?: Reduction;
}

/** The cache of `BinaryCrossEntropy`. */
export interface BinaryCrossEntropyCache {
  /** x */
  readonly scores: Tensor;
  /** p y */
  readonly yes: Tensor;
  /** 1 − y */
  readonly no: Tensor;
}

/**
 * The cross-entropy of the sigmoid of scores x with target probabilities y, element by element: one
 * or many yes-or-no questions. The part of a yes (y = 1) is multiplied by p, 1 by default.
 *
 *   forward          C = Σ −p y log σ(x) − (1 − y) log(1 − σ(x))
 *                      = Σ p y s(−x) + (1 − y) s(x), divided by N for 'mean'
 *   backpropToInput  ∂C/∂x = (1 − y) σ(x) − p y σ(−x), divided by N for 'mean'
 *
 * with s(x) = log(1 + exp(x)) = max(x, 0) + log(1 + exp(−|x|)), exact for scores of any size. If p
 * = 1, an element costs max(x, 0) − x y + log(1 + exp(−|x|)) with the gradient σ(x) − y, which
 * equals `SoftmaxCrossEntropy` on the scores [0, x].
 *
 * PyTorch's `BCEWithLogitsLoss` has the same 'sum'; its 'mean' is over all elements.
 *
 * Shapes: input, target [N, ...], the same; `posWeight` a number, or one per place of the last
 *         axis; loss a scalar.
 * Errors: a target of another shape than the input, which tfjs would broadcast; a tensor that is
 *         not float; a target outside 0 ... 1, with its index; a `posWeight` that is not above 0 or
 *         has another size than the last axis; an unknown option.
 * Source: the likelihood of independent yes/no labels; Cox 1958.
 *
 *     const cost = new BinaryCrossEntropy({ posWeight: 3 });
 *     const { loss, cache } = cost.forward(scores, probabilities);
 */
export class BinaryCrossEntropy extends Cost<Tensor, Tensor, BinaryCrossEntropyCache> {
  /** p, the weight of a target of 1. */
  readonly posWeight: number | readonly number[];
  readonly reduction: Reduction;

  constructor(options: BinaryCrossEntropyOptions = {}) {
    super();
    checkOptions(this, options, ['posWeight', 'reduction']);
    const { posWeight = 1, reduction = 'mean' } = options;
    if (typeof posWeight === 'number') checkPositiveFloat(this, 'posWeight', posWeight);
    else posWeight.forEach((weight, k) => checkPositiveFloat(this, `posWeight[${k}]`, weight));
    checkChoice(this, 'reduction', reduction, ['mean', 'sum']);
    this.posWeight = typeof posWeight === 'number' ? posWeight : [...posWeight];
    this.reduction = reduction;
  }

  forward(input: Tensor, target: Tensor): { loss: Scalar; cache: BinaryCrossEntropyCache } {
    checkInput(this, input);
    checkTensor(this, 'forward', 'target', target, input.shape);
    return tidy(() => {
      const y = probabilityTarget(this, target, 1);
      const yes = mul(y, this.#weights(input));
      const no = sub(scalar(1), y);
      const terms = add(mul(yes, softplusOf(neg(input))), mul(no, softplusOf(input)));
      const loss: Scalar = mul(
        sumAll(terms),
        scalar(exampleWeight(this.reduction, input.shape[0])),
      );
      return { loss, cache: { scores: input.clone(), yes, no } };
    });
  }

  backpropToInput({ scores, yes, no }: BinaryCrossEntropyCache): Tensor {
    return tidy(() => {
      const gradient = sub(mul(no, sigmoidOf(scores)), mul(yes, sigmoidOf(neg(scores))));
      return mul(gradient, scalar(exampleWeight(this.reduction, scores.shape[0])));
    });
  }

  /** Returns p in a shape that broadcasts over the scores. */
  #weights({ shape }: Tensor): Tensor {
    const { posWeight } = this;
    if (typeof posWeight === 'number') return scalar(posWeight);
    if (posWeight.length !== shape[shape.length - 1]) {
      throw new BoxError(
        [`${nameOf(this)}.forward`],
        `expected input of shape [..., ${posWeight.length}], got [${shape.join(', ')}]`,
      );
    }
    return constant(posWeight, [posWeight.length]);
  }
}
