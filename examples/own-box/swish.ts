import {
  add,
  mul,
  sigmoid,
  sub,
  sum,
  tidy,
  type Rank,
  type Tensor,
  type Variable,
} from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkInput,
  init,
  Module,
  sameShape,
  scalar,
  type Facts,
  type ForwardResult,
  type Shape,
} from 'boxprop';

/** The values that `Swish` keeps for its backward methods. */
interface Cache {
  readonly input: Tensor;
  /** σ(β x_in) */
  readonly gate: Tensor;
}

/**
 * The input multiplied by a sigmoid gate, whose steepness β is learned.
 *
 *   forward            x_out = x_in σ(β x_in),  σ(x) = 1/(1 + exp(−x))
 *   backpropToInput    ∂C/∂x_in = ∂C/∂x_out · σ (1 + β x_in (1 − σ))
 *   backpropToParams   ∂C/∂β = Σ ∂C/∂x_out · x_in² σ (1 − σ)
 *
 * Source: Ramachandran, Zoph, Le 2017, arXiv:1710.05941.
 */
export class Swish extends Module<Tensor, Tensor, Cache> {
  override readonly params: { readonly beta: Variable<Rank.R0> };
  override readonly noDecay = ['beta'];

  constructor() {
    super();
    const fan = { fanIn: 1, fanOut: 1 };
    this.params = { beta: init.createParam(this, 'beta', [], fan, init.fill(1)) };
  }

  forward(input: Tensor): ForwardResult<Tensor, Cache> {
    checkInput(this, input);
    const gate = tidy(() => sigmoid(mul(this.params.beta, input)));
    return { output: mul(input, gate), cache: { input: input.clone(), gate } };
  }

  backpropToInput(gradOutput: Tensor, { input, gate }: Cache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => {
      const inner = mul(mul(this.params.beta, input), sub(scalar(1), gate));
      return mul(gradOutput, mul(gate, add(scalar(1), inner)));
    });
  }

  override backpropToParams(gradOutput: Tensor, { input, gate }: Cache) {
    checkGradOutput(this, 'backpropToParams', gradOutput, input.shape);
    const beta = tidy(() => {
      const slope = mul(gate, sub(scalar(1), gate));
      return sum(mul(gradOutput, mul(mul(input, input), slope)));
    });
    return { beta };
  }

  /** With these facts, `summarize` knows the box as well as boxprop's own. */
  override facts([input]: readonly Shape[]): Facts {
    return sameShape(input, 'elementwise');
  }
}
