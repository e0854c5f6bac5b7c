import type { Tensor } from '@tensorflow/tfjs-core';
import { Boxes, type Back, type ContainerCache, type Run } from '../../lib/boxes.ts';
import { named, share } from '../../lib/container.ts';
import {
  Module,
  type Gradients,
  type NamedModule,
  type Context,
  type ForwardResult,
  type Grads,
  type Params,
} from '../../lib/module.ts';

/** Any box that takes a tensor to a tensor. */
export type Box = Module<Tensor, Tensor, unknown>;

/**
 * A chain of boxes: the output of each is the input of the next.
 *
 *   forward            x_i = F_i(x_{i−1}, w_i),  i = 1 ... n
 *   backprop           ∂C/∂x_{i−1} = ∂C/∂x_i · ∂F_i/∂x_{i−1} and ∂C/∂w_i = ∂C/∂x_i · ∂F_i/∂w_i,  i = n ... 1
 *
 * The boxes of a list are named by their numbers, from 0; those of a record, `{ conv1: ..., relu1: ... }`, have the
 * names it gives. The parameters of a box are named `0.weight`, `conv1.weight`. A box that stands in several places
 * has its parameters named once, after the first, and their gradients are summed. One backward sweep computes both
 * gradients and lets each box's cache go behind it.
 *
 * Shapes: input that of the first box; output that of the last.
 * Errors: those of the boxes, with the place before: `Sequential[2] > Linear.forward: ...`; a name that is more than
 *         letters, digits and underscores.
 * Source: lecture, "Backpropagation: summary".
 */
export class Sequential extends Module<Tensor, Tensor, ContainerCache> {
  override readonly params: Params;
  override readonly buffers: Params;
  readonly boxes: readonly Box[];
  readonly #children: readonly (readonly [name: string, box: Box])[];
  readonly #all: Boxes;

  constructor(boxes: readonly Box[] | Readonly<Record<string, Box>>) {
    super();
    this.#children = named(this, boxes);
    this.boxes = this.#children.map(([, box]) => box);
    this.#all = new Boxes(this, this.#children);
    this.params = this.#all.params;
    this.buffers = this.#all.buffers;
  }

  forward(input: Tensor, context?: Context): ForwardResult<Tensor, ContainerCache> {
    return this.#all.forward(context, (run) => this.#there(input, run));
  }

  override infer(input: Tensor, context?: Context): Tensor {
    return this.#all.infer(context, (run) => this.#there(input, run));
  }

  backpropToInput(gradOutput: Tensor, cache: ContainerCache): Tensor {
    return this.#all.backpropToInput(cache, (back) => this.#back(gradOutput, back));
  }

  override backpropToParams(gradOutput: Tensor, cache: ContainerCache): Grads {
    return this.#all.backpropToParams(cache, (back) => this.#back(gradOutput, back));
  }

  override backprop(gradOutput: Tensor, cache: ContainerCache): Gradients<Tensor> {
    return this.#all.backprop(cache, (back) => this.#back(gradOutput, back));
  }

  override backpropParams(gradOutput: Tensor, cache: ContainerCache): Grads {
    return this.#all.sweep(cache, (back) => this.#back(gradOutput, back));
  }

  override updateBuffers(cache: ContainerCache): void {
    this.#all.updateBuffers(cache);
  }

  override children(): readonly NamedModule[] {
    return this.#children;
  }

  /** x_i = F_i(x_{i−1}) */
  #there(input: Tensor, run: Run): Tensor {
    return this.#children.reduce((x, child) => run(child, x), share(input));
  }

  /** ∂C/∂x_{i−1} = ∂C/∂x_i · ∂F_i/∂x_{i−1} */
  #back(gradOutput: Tensor, back: Back): Tensor | undefined {
    const [first, ...others] = this.#children;
    const grad = others.reduceRight((grad, child) => back.through(child, grad), share(gradOutput));
    return first === undefined ? grad : back.first(first, grad);
  }
}
