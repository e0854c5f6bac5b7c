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
   * p, the weight of the positive class (y = 1): one number, or one number per element of the last
   * axis; 1 by default.
   */
  readonly posWeight?: number | readonly number[];
  /** Whether the loss is the mean over the examples or their sum; 'mean' by default. */
  readonly reduction?: Reduction;
}

/** The cache of `BinaryCrossEntropy`. */
export interface BinaryCrossEntropyCache {
  /** The scores x. */
  readonly scores: Tensor;
  /** The weights p y of the positive class. */
  readonly yes: Tensor;
  /** The weights 1 − y of the negative class. */
  readonly no: Tensor;
}

/**
 * The cross-entropy between target probabilities y and the sigmoid of scores x, element by element.
 * Each element is a separate yes-or-no question. The term of a yes (y = 1) is multiplied by p,
 * which is 1 by default.
 *
 *   forward          C = Σ −p y log σ(x) − (1 − y) log(1 − σ(x))
 *                      = Σ p y s(−x) + (1 − y) s(x), divided by N for 'mean'
 *   backpropToInput  ∂C/∂x = (1 − y) σ(x) − p y σ(−x), divided by N for 'mean'
 *
 * with s(x) = log(1 + exp(x)) = max(x, 0) + log(1 + exp(−|x|)), which is precise for scores of any
 * size. If p = 1, the loss of an element is max(x, 0) − x y + log(1 + exp(−|x|)), and its gradient
 * is σ(x) − y. This equals `SoftmaxCrossEntropy` for the scores [0, x].
 *
 * PyTorch's `BCEWithLogitsLoss` has the same 'sum'; its 'mean' is over all elements.
 *
 * Shapes: input, target [N, ...], the same; `posWeight` a number, or one per element of the last
 *         axis; loss a scalar.
 * Errors: a target whose shape differs from the input's (tfjs would broadcast it); a tensor that is
 *         not float; a target outside 0 ... 1 (the message states its index); a `posWeight` that is
 *         not above 0, or whose length is not the size of the last axis; an unknown option.
 * Source: the likelihood of independent yes/no labels; Cox 1958.
 *
 *     const cost = new BinaryCrossEntropy({ posWeight: 3 });
 *     const { loss, cache } = cost.forward(scores, probabilities);
 */
export class BinaryCrossEntropy extends Cost<Tensor, Tensor, BinaryCrossEntropyCache> {
  /** p, the weight of the positive class. */
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

  /** Reshapes p so that it broadcasts over the scores. */
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
