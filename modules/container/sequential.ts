import type { Tensor } from '@tensorflow/tfjs-core';
import { namedChildren } from '../../lib/children.ts';
import { Container, type Back, type Run } from '../../lib/container.ts';
import type { Module, NamedModule } from '../../lib/module.ts';

/** Any box that maps a tensor to a tensor. */
export type Box = Module<Tensor, Tensor, unknown>;

/**
 * A chain of boxes: the output of each is the input of the next.
 *
 *   forward            x_i = F_i(x_{i−1}, w_i),  i = 1 ... n
 *   backpropToInput    ∂C/∂x_{i−1} = ∂C/∂x_i · ∂F_i/∂x_{i−1},  i = n ... 1
 *   backpropToParams   ∂C/∂w_i = ∂C/∂x_i · ∂F_i/∂w_i
 *
 * The boxes may be a list or a record. In a list, a box is named by its index, and its parameters
 * are `0.weight` and so on. In a record such as `{ conv1: new Conv2D(...) }`, a box is named by its
 * key, and its parameters are `conv1.weight` and so on.
 *
 * Shapes: input as for the first box; output as for the last box.
 * Errors: those of the boxes, with the place in front: `Sequential[2] > Linear.forward: ...`; a
 *         name with characters other than letters, digits and underscores.
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

  /** Computes x_i = F_i(x_{i−1}) for each box. */
  protected route<V>(input: V, run: Run<V>): V {
    return this.#chain.reduce((x, child) => run(child, x), input);
  }

  /** Computes ∂C/∂x_{i−1} = ∂C/∂x_i · ∂F_i/∂x_{i−1} for each box, from the last to the first. */
  protected backRoute(gradOutput: Tensor, back: Back): Tensor | undefined {
    const [first, ...others] = this.#chain;
    const grad = others.reduceRight((grad, child) => back.through(child, grad), gradOutput);
    return first === undefined ? grad : back.toInput(first, grad);
  }
}
