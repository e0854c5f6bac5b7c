import { tidy, type Tensor } from '@tensorflow/tfjs-core';
import { constant, type ForwardResult, type Grads, Module, type Params } from '../../index.ts';

/** The identity, except that one value of the output or of the input gradient is wrong. */
export class Faulty extends Module<Tensor, Tensor, null> {
  readonly place: 'output' | 'gradInput';
  readonly value: number;

  constructor(place: 'output' | 'gradInput', value: number) {
    super();
    this.place = place;
    this.value = value;
  }

  forward(input: Tensor): ForwardResult<Tensor, null> {
    return { output: this.#spoil(input, 'output'), cache: null };
  }

  backpropToInput(gradOutput: Tensor): Tensor {
    return this.#spoil(gradOutput, 'gradInput');
  }

  #spoil(x: Tensor, place: string): Tensor {
    if (place !== this.place) return x.clone();
    const values = x.dataSync().slice();
    values[values.length - 1] = this.value;
    return constant(values, x.shape);
  }
}

/**
 * The identity with a parameter that it does not use. Returns the given numbers as the gradient of
 * the parameter.
 */
export class FaultyParam extends Module<Tensor, Tensor, null> {
  override readonly params: Params;
  readonly gradient: readonly number[];

  constructor(params: Params, gradient: readonly number[]) {
    super();
    this.params = params;
    this.gradient = gradient;
  }

  forward(input: Tensor): ForwardResult<Tensor, null> {
    return { output: input.clone(), cache: null };
  }

  backpropToInput(gradOutput: Tensor): Tensor {
    return gradOutput.clone();
  }

  override backpropToParams(): Grads {
    return { scale: tidy(() => constant(this.gradient, [this.gradient.length])) };
  }
}
