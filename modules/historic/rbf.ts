import {
  expandDims,
  mul,
  neg,
  square,
  sub,
  sum,
  tidy,
  type Rank,
  type Tensor2D,
  type Variable,
} from '@tensorflow/tfjs-core';
import { checkGradOutput, checkOptions, checkShape, checkTensor } from '../../lib/check.ts';
import { BoxError } from '../../lib/errors.ts';
import type { Facts, Shape } from '../../lib/facts.ts';
import { createParam, values } from '../../lib/init/initializers.ts';
import { scalar } from '../../lib/constant.ts';
import { matMul, matMulTransposedA } from '../../lib/kernels/matmul/matMul.ts';
import { Module, type ForwardResult, type Grads } from '../../lib/module.ts';

/** The options of `RBF`. */
export interface RBFOptions {
  /** Whether the centres are learned; false by default. */
  readonly learned?: boolean;
}

/** The values that `RBF` keeps for its backward methods. */
export interface RBFCache {
  readonly input: Tensor2D;
}

/**
 * Radial basis functions: for each of several centres, a score that says how near the input is to
 * the centre. The score is the negative squared distance, so the nearest centre has the largest
 * score.
 *
 *   forward            x_out_i = −Σ_j (x_in_j − c_ij)²
 *   backpropToInput    ∂C/∂x_in_j = −2 Σ_i ∂C/∂x_out_i (x_in_j − c_ij)
 *   backpropToParams   ∂C/∂c_ij = 2 Σ_n ∂C/∂x_out_ni (x_in_nj − c_ij)
 *
 * The centres are fixed (and then stored as buffers) or learned. `SoftmaxCrossEntropy` of the
 * scores is the criterion of LeNet-5 (equation 9) without its class for rubbish.
 *
 * Shapes: input [N, features]; output, gradOutput [N, centres]; centers [centres, features].
 * Errors: an input or gradOutput of the wrong shape or dtype; no centres, or centres of different
 *         lengths.
 * Source: LeCun, Bottou, Bengio, Haffner 1998, equation 7, whose penalty is the negative of this
 *         score.
 *
 *     const box = new RBF([[1, 1], [-1, 1]]);
 *     box.infer(tensor2d([[1, 0]]));   // [[-1, -5]]
 */
export class RBF extends Module<Tensor2D, Tensor2D, RBFCache> {
  override readonly params: { readonly centers?: Variable<Rank.R2> };
  override readonly buffers: { readonly centers?: Variable<Rank.R2> };
  /** Weight decay applies to learned centres. */
  override readonly noDecay = [];
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly #centers: Variable<Rank.R2>;

  /** @param centers one row of features per centre. */
  constructor(centers: readonly (readonly number[])[], options: RBFOptions = {}) {
    super();
    checkOptions(this, options, ['learned']);
    const { learned = false } = options;
    this.outFeatures = centers.length;
    this.inFeatures = centers[0]?.length ?? 0;
    const odd = centers.findIndex(({ length }) => length !== this.inFeatures);
    if (this.inFeatures === 0 || odd >= 0) {
      const got = odd >= 0 ? `lengths ${this.inFeatures} and ${centers[odd].length}` : 'none';
      throw new BoxError(['RBF'], `expected at least one centre, all of one length, got ${got}`);
    }
    const shape: [number, number] = [this.outFeatures, this.inFeatures];
    const fan = { fanIn: this.inFeatures, fanOut: this.outFeatures };
    this.#centers = createParam(this, 'centers', shape, fan, values(centers));
    this.params = learned ? { centers: this.#centers } : {};
    this.buffers = learned ? {} : { centers: this.#centers };
  }

  forward(input: Tensor2D): ForwardResult<Tensor2D, RBFCache> {
    checkTensor(this, 'forward', 'input', input, ['N', this.inFeatures]);
    const output = tidy(() => neg(sum(square(sub(expandDims(input, 1), this.#centers)), 2)));
    return { output: output as Tensor2D, cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor2D, { input }: RBFCache): Tensor2D {
    this.#checkGrad('backpropToInput', gradOutput, input);
    return tidy(() => {
      const pull = sub(matMul(gradOutput, this.#centers), mul(input, sum(gradOutput, 1, true)));
      return mul<Tensor2D>(pull, scalar(2));
    });
  }

  override backpropToParams(gradOutput: Tensor2D, { input }: RBFCache): Grads {
    this.#checkGrad('backpropToParams', gradOutput, input);
    if (!this.params.centers) return {};
    const centers = tidy(() => {
      const total = expandDims(sum(gradOutput, 0), 1);
      const pull = sub(matMulTransposedA(gradOutput, input), mul(this.#centers, total));
      return mul<Tensor2D>(pull, scalar(2));
    });
    return { centers };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', this.inFeatures]);
    return {
      outputShape: [input[0], this.outFeatures],
      window: 'global',
      multiplyAdds: this.inFeatures * this.outFeatures,
    };
  }

  override describe(): string {
    return `${this.outFeatures} radial basis functions`;
  }

  #checkGrad(
    method: 'backpropToInput' | 'backpropToParams',
    gradOutput: Tensor2D,
    input: Tensor2D,
  ): void {
    checkGradOutput(this, method, gradOutput, [input.shape[0], this.outFeatures]);
  }
}
