import { add, mul, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkInput,
  checkOptions,
  checkRank,
  checkSize,
  nameOf,
} from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import { createParam, zeros, type Initializer } from '../lib/init/initializers.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult, type Gradients, type Grads } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/** The options of `Pointwise`. */
export interface PointwiseOptions {
  /** Whether the box adds a bias b; true by default. */
  readonly bias?: boolean;
  /** The initial biases b, `zeros` by default. */
  readonly init?: Initializer;
  /** The generator that draws the initial biases; a random `init` requires it. */
  readonly rng?: Rng;
}

/** The values that `Pointwise` keeps for its backward methods. */
export interface PointwiseCache {
  /** The shifted input x_in + b. */
  readonly shifted: Tensor;
}

/**
 * A function that maps a tensor to one of the same shape, element by element, with tfjs's
 * operations.
 */
export type Elementwise = (x: Tensor) => Tensor;

/**
 * The pointwise function: adds a bias to each element and applies a function h, whose derivative h'
 * is given too.
 *
 *   forward            x_out_i = h(x_in_i + b_i)
 *   backpropToInput    ∂C/∂x_in_i = ∂C/∂x_out_i · h'(x_in_i + b_i)
 *   backpropToParams   ∂C/∂b_i = Σ ∂C/∂x_out_i · h'(x_in_i + b_i)
 *
 * There is one bias per element of the last axes, which have the shape `shape`. The sum runs over
 * the axes before them: over the batch if `shape` is [units], and over the batch and all positions
 * if it is the [channels] of an image.
 *
 * Shapes: input, output, gradOutput [..., ...shape]; bias `shape`.
 * Errors: an input or gradOutput of the wrong shape or dtype; an h or h' that changes the shape.
 * Source: lecture, "Pointwise function".
 *
 *     const box = new Pointwise(2, (x) => square(x), (x) => mul(x, scalar(2)));
 *     box.infer(tensor2d([[3, -1]]));   // [[9, 1]]
 */
export class Pointwise extends Module<Tensor, Tensor, PointwiseCache> {
  override readonly params: { readonly bias?: Variable };
  override readonly noDecay = ['bias'];
  readonly shape: readonly number[];
  readonly h: Elementwise;
  readonly hPrime: Elementwise;

  constructor(
    shape: number | readonly number[],
    h: Elementwise,
    hPrime: Elementwise,
    options: PointwiseOptions = {},
  ) {
    super();
    checkOptions(this, options, ['bias', 'init', 'rng']);
    const { bias = true, init = zeros, rng } = options;
    this.shape = typeof shape === 'number' ? [shape] : [...shape];
    this.shape.forEach((size) => checkSize(this, 'shape', size));
    // A unit has one input and one output.
    const fan = { fanIn: 1, fanOut: 1 };
    this.h = h;
    this.hPrime = hPrime;
    this.params = bias ? { bias: createParam(this, 'bias', [...this.shape], fan, init, rng) } : {};
  }

  forward(input: Tensor): ForwardResult<Tensor, PointwiseCache> {
    checkInput(this, input, this.shape.length + 1);
    this.#checkTrailing(input.shape);
    return tidy(() => {
      const shifted = this.params.bias ? add(input, this.params.bias) : input.clone();
      return { output: this.#apply('h', this.h, shifted), cache: { shifted } };
    });
  }

  backpropToInput(gradOutput: Tensor, { shifted }: PointwiseCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, shifted.shape);
    return tidy(() => mul(gradOutput, this.#apply('hPrime', this.hPrime, shifted)));
  }

  override backpropToParams(gradOutput: Tensor, cache: PointwiseCache): Grads {
    if (!this.params.bias) return {};
    // ∂(x + b)/∂b = ∂(x + b)/∂x, so ∂C/∂b is the sum of ∂C/∂x.
    return {
      bias: tidy(() => sumLeading(this.backpropToInput(gradOutput, cache), this.shape.length)),
    };
  }

  override backprop(gradOutput: Tensor, cache: PointwiseCache): Gradients<Tensor> {
    const gradInput = this.backpropToInput(gradOutput, cache);
    return {
      gradInput,
      gradParams: this.params.bias ? { bias: sumLeading(gradInput, this.shape.length) } : {},
    };
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input, this.shape.length + 1);
    this.#checkTrailing(input);
    return sameShape(input, 'elementwise');
  }

  #checkTrailing(shape: Shape): void {
    const trailing = shape.slice(shape.length - this.shape.length);
    if (trailing.every((size, axis) => size === this.shape[axis])) return;
    throw new BoxError(
      ['Pointwise.forward'],
      `expected input of shape [..., ${this.shape.join(', ')}], got [${shape.join(', ')}]`,
    );
  }

  #apply(name: string, f: Elementwise, x: Tensor): Tensor {
    const y = f(x);
    if (show(y.shape) !== show(x.shape)) {
      throw new BoxError(
        [nameOf(this)],
        `expected ${name} to keep the shape ${show(x.shape)}, got ${show(y.shape)}`,
      );
    }
    // Output and cache are disposed separately, so they must not be the same tensor.
    return y === x ? x.clone() : y;
  }
}
