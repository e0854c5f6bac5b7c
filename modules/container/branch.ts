import type { Tensor } from '@tensorflow/tfjs-core';
import { Boxes, type Back, type ContainerCache, type Run } from '../../lib/boxes.ts';
import { checkChoice, nameOf } from '../../lib/check.ts';
import { named, share, total } from '../../lib/container.ts';
import { BoxError } from '../../lib/errors.ts';
import {
  Module,
  type Gradients,
  type NamedModule,
  type Context,
  type ForwardResult,
  type Grads,
  type Params,
} from '../../lib/module.ts';
import { Concat } from '../concat.ts';
import { Max } from '../max.ts';
import { Product } from '../product.ts';
import type { Box } from './sequential.ts';
import { Sum } from '../sum.ts';

/**
 * Boxes side by side: each gets a copy of the input, and their outputs are merged.
 *
 *   forward            y_k = F_k(x_in, w_k)        x_out = M(y_1 ... y_K)
 *   backpropToInput    ∂C/∂x_in = Σ_k ∂C/∂y_k · ∂F_k/∂x_in,  ∂C/∂y_k = ∂C/∂x_out · ∂M/∂y_k
 *   backpropToParams   ∂C/∂w_k = ∂C/∂y_k · ∂F_k/∂w_k
 *
 * M is the box `Concat`, `Sum`, `Product` or `Max`. What was copied forward is summed backward. Boxes are named as in a
 * `Sequential`, by their numbers or by the keys of a record; a box that stands twice has its parameters named once and
 * their gradients summed. A sweep goes from the last box to the first and lets each cache go behind it.
 *
 * Shapes: input that of every box; outputs that the merge takes: for `'concat'` alike but for the last axis, else alike.
 * Errors: those of the boxes, with the place before: `Branch[1] > Conv2D.forward: ...`, `Branch.merge > Sum.forward: ...`;
 *         no box at all, or one named `merge`.
 * Source: Szegedy et al. 2014, arXiv:1409.4842, figure 2, for the concatenation.
 */
export interface BranchOptions {
  /** `'concat'` by default. */
  readonly merge?: keyof typeof MERGES;
}

const MERGES = {
  concat: () => new Concat(),
  sum: () => new Sum(),
  product: () => new Product(),
  max: () => new Max(),
};

export class Branch extends Module<Tensor, Tensor, ContainerCache> {
  override readonly params: Params;
  override readonly buffers: Params;
  readonly boxes: readonly Box[];
  readonly merge: Module<readonly Tensor[], Tensor>;
  readonly #children: readonly (readonly [name: string, box: Box])[];
  readonly #all: Boxes;

  constructor(
    boxes: readonly Box[] | Readonly<Record<string, Box>>,
    { merge = 'concat' }: BranchOptions = {},
  ) {
    super();
    checkChoice(this, 'merge', merge, Object.keys(MERGES));
    this.#children = named(this, boxes);
    if (this.#children.length === 0) {
      throw new BoxError([nameOf(this)], 'expected a box or more, got none');
    }
    if (this.#children.some(([name]) => name === 'merge')) {
      throw new BoxError(
        [nameOf(this)],
        'expected names other than that of the merge, got "merge"',
      );
    }
    this.boxes = this.#children.map(([, box]) => box);
    this.merge = MERGES[merge]();
    this.#all = new Boxes(this, [...this.#children, ['merge', this.merge]]);
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

  /** M(F_1(x_in) ... F_K(x_in)) */
  #there(input: Tensor, run: Run): Tensor {
    const outputs = this.#children.map((child) => run(child, share(input)));
    return run(['merge', this.merge], outputs);
  }

  /** Σ_k ∂C/∂y_k · ∂F_k/∂x_in, from the last box to the first. */
  #back(gradOutput: Tensor, back: Back): Tensor | undefined {
    const grads = back.through(['merge', this.merge], share(gradOutput));
    const parts = this.#children.map((child, k) => [child, grads[k]] as const).reverse();
    return total(parts.map(([child, grad]) => back.first(child, grad)));
  }
}
