import { add, mul, tidy, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkSize, nameOf } from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import { createParam, zeros, type Initializer } from '../lib/init/initializers.ts';
import { numElements } from '../lib/shapes.ts';
import { sumLeading } from '../lib/kernels/reduce/sumLeading.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { Rng } from '../lib/rng.ts';

/**
 * The pointwise function: any h with any derivative h', applied to each element after a bias of its own.
 *
 *   forward            x_out_i = h(x_in_i + b_i)
 *   backpropToInput    ∂C/∂x_in_i = ∂C/∂x_out_i · h'(x_in_i + b_i)
 *   backpropToParams   ∂C/∂b_i = Σ ∂C/∂x_out_i · h'(x_in_i + b_i)
 *
 * One bias belongs to each element of the last axes, of shape `shape`; the sum runs over the axes before them: over
 * the batch for `shape` = [units], over batch and positions for [channels] of an image.
 *
 * Shapes: input, output, gradOutput [..., ...shape]; bias `shape`.
 * Errors: an input or gradOutput of another shape or dtype; an h or h' that changes the shape.
 * Source: lecture, "Pointwise function".
 */
export interface PointwiseOptions {
  readonly bias?: boolean;
  readonly init?: Initializer;
  readonly rng?: Rng;
}

export interface PointwiseCache {
  /** x_in + b */
  readonly shifted: Tensor;
}

/** Takes a tensor to one of the same shape, element by element, with the operations of tfjs. */
export type Elementwise = (x: Tensor) => Tensor;

export class Pointwise extends Module<Tensor, Tensor, PointwiseCache> {
  override readonly params: { readonly bias?: Variable };
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
    const { bias = true, init = zeros, rng } = options;
    this.shape = typeof shape === 'number' ? [shape] : [...shape];
    this.shape.forEach((size) => checkSize(this, 'shape', size));
    const size = numElements(this.shape);
    this.h = h;
    this.hPrime = hPrime;
    this.params = bias
      ? {
          bias: createParam(
            this,
            'bias',
            [...this.shape],
            { fanIn: size, fanOut: size },
            init,
            rng,
          ),
        }
      : {};
  }

  forward(input: Tensor): ForwardResult<Tensor, PointwiseCache> {
    checkInput(this, input, this.shape.length + 1);
    const trailing = input.shape.slice(input.rank - this.shape.length);
    if (trailing.some((size, axis) => size !== this.shape[axis])) {
      throw new BoxError(
        ['Pointwise.forward'],
        `expected input of shape [..., ${this.shape.join(', ')}], got [${input.shape.join(', ')}]`,
      );
    }
    return tidy(() => {
      const shifted = this.params.bias ? add(input, this.params.bias) : input.clone();
      return { output: this.#apply('h', this.h, shifted), cache: { shifted } };
    });
  }

  backpropToInput(gradOutput: Tensor, { shifted }: PointwiseCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, shifted.shape);
    return tidy(() => mul(gradOutput, this.#apply('hPrime', this.hPrime, shifted)));
  }

  override backpropToParams(gradOutput: Tensor, cache: PointwiseCache) {
    if (!this.params.bias) return {};
    // ∂(x + b)/∂b = ∂(x + b)/∂x: the bias gathers what the input receives.
    return {
      bias: tidy(() => sumLeading(this.backpropToInput(gradOutput, cache), this.shape.length)),
    };
  }

  override backprop(gradOutput: Tensor, cache: PointwiseCache) {
    const gradInput = this.backpropToInput(gradOutput, cache);
    return {
      gradInput,
      gradParams: this.params.bias ? { bias: sumLeading(gradInput, this.shape.length) } : {},
    };
  }

  #apply(name: string, f: Elementwise, x: Tensor): Tensor {
    const y = f(x);
    if (show(y.shape) !== show(x.shape)) {
      throw new BoxError(
        [nameOf(this)],
        `expected ${name} to keep the shape ${show(x.shape)}, got ${show(y.shape)}`,
      );
    }
    return y === x ? x.clone() : y; // output and cache are let go apart
  }
}
