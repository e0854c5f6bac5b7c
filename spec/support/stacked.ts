import { stack, unstack, type Tensor } from '@tensorflow/tfjs-core';
import { disposeTensors, tidy } from '../../lib/memory.ts';
import { Module, type Context, type ForwardResult } from '../../lib/module.ts';

type Tensors = Tensor | readonly Tensor[];

interface StackedCache<Cache> {
  readonly gives: 'tensor' | 'list';
  readonly inside: Cache;
}

/**
 * Wraps a box that takes or returns several tensors of one shape. The wrapper stacks them along a
 * new first axis, so tests for boxes from one tensor to one can use it.
 */
export class Stacked<Cache> extends Module<Tensor, Tensor, StackedCache<Cache>> {
  override readonly params;
  readonly #box: Module<Tensors, Tensors, Cache>;

  constructor(box: Module<readonly Tensor[], Tensors, Cache>) {
    super();
    this.#box = box;
    this.params = box.params;
  }

  forward(input: Tensor, context?: Context): ForwardResult<Tensor, StackedCache<Cache>> {
    return tidy(() => {
      const { output, cache } = this.#box.forward(unstack(input), context);
      const gives = Array.isArray(output) ? ('list' as const) : ('tensor' as const);
      return { output: together(output), cache: { gives, inside: cache } };
    });
  }

  backpropToInput(gradOutput: Tensor, cache: StackedCache<Cache>): Tensor {
    return tidy(() => together(this.#box.backpropToInput(apart(gradOutput, cache), cache.inside)));
  }

  override backpropToParams(gradOutput: Tensor, cache: StackedCache<Cache>) {
    return tidy(() => this.#box.backpropToParams(apart(gradOutput, cache), cache.inside));
  }

  override backprop(gradOutput: Tensor, cache: StackedCache<Cache>) {
    return tidy(() => {
      const { gradInput, gradParams } = this.#box.backprop(apart(gradOutput, cache), cache.inside);
      return { gradInput: together(gradInput), gradParams };
    });
  }

  override backpropParams(gradOutput: Tensor, cache: StackedCache<Cache>) {
    const grads = apart(gradOutput, cache);
    const gradParams = this.#box.backpropParams(grads, cache.inside);
    if (grads !== gradOutput) disposeTensors(grads);
    return gradParams;
  }
}

function together(tensors: Tensors): Tensor {
  return Array.isArray(tensors) ? stack([...(tensors as readonly Tensor[])]) : (tensors as Tensor);
}

function apart(tensor: Tensor, { gives }: Pick<StackedCache<unknown>, 'gives'>): Tensors {
  return gives === 'list' ? unstack(tensor) : tensor;
}
