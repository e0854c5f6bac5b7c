import type { Tensor } from '@tensorflow/tfjs-core';
import { namedChildren } from '../../lib/children.ts';
import { Container, type Back, type Run } from '../../lib/container.ts';
import type { Module, NamedModule } from '../../lib/module.ts';

/** Any box that takes a tensor to a tensor. */
export type Box = Module<Tensor, Tensor, unknown>;

/**
 * A chain of boxes: the output of each is the input of the next.
 *
 *   forward            x_i = F_i(x_{i−1}, w_i),  i = 1 ... n
 *   backpropToInput    ∂C/∂x_{i−1} = ∂C/∂x_i · ∂F_i/∂x_{i−1},  i = n ... 1
 *   backpropToParams   ∂C/∂w_i = ∂C/∂x_i · ∂F_i/∂w_i
 *
 * The boxes of a list are named by their index, from 0; those of a record, `{ conv1: ..., relu1:
 * ... }`, by its keys. Parameters are named `0.weight`, `conv1.weight`.
 *
 * Shapes: input that of the first box; output that of the last.
 * Errors: those of the boxes, with the place before: `Sequential[2] > Linear.forward: ...`; a name
 *         that is more than letters, digits and underscores.
 * Source: lecture, "Backpropagation: summary".
 *
 *     const network = new Sequential([new Linear(4, 8, { rng }), new ReLU()]);
 *     const { output, cache } = network.forward(input);
 */
export class Sequential extends Container {
  readonly boxes: readonly Box[];
  readonly #chain: readonly NamedModule<Tensor, Tensor>[];

  constructor(boxes: readonly Box[] | Readonly<Record<string, Box>>) {
    const chain = namedChildren(new.target.prototype, boxes);
    super(chain);
    this.#chain = chain;
    this.boxes = chain.map(([, box]) => box);
  }

  /** x_i = F_i(x_{i−1}) */
  protected route<V>(input: V, run: Run<V>): V {
    return this.#chain.reduce((x, child) => run(child, x), input);
  }

  /** ∂C/∂x_{i−1} = ∂C/∂x_i · ∂F_i/∂x_{i−1} */
  protected backRoute(gradOutput: Tensor, back: Back): Tensor | undefined {
    const [first, ...others] = this.#chain;
    const grad = others.reduceRight((grad, child) => back.through(child, grad), gradOutput);
    return first === undefined ? grad : back.toInput(first, grad);
  }
}
