import type { Tensor } from '@tensorflow/tfjs-core';
import { checkChoice, checkOptions, nameOf } from '../../lib/check.ts';
import { namedChildren } from '../../lib/children.ts';
import { Container, type Back, type Run } from '../../lib/container.ts';
import { BoxError } from '../../lib/errors.ts';
import { share, total } from '../../lib/gradSum.ts';
import type { Module, NamedModule } from '../../lib/module.ts';
import { Concat } from '../concat.ts';
import { Max } from '../max.ts';
import { Product } from '../product.ts';
import { Sum } from '../sum.ts';
import type { Box } from './sequential.ts';

const MERGES = {
  concat: () => new Concat(),
  sum: () => new Sum(),
  product: () => new Product(),
  max: () => new Max(),
};

/** The options of `Branch`. */
export interface BranchOptions {
  /** The box that merges the outputs; `'concat'` by default. */
  readonly merge?: keyof typeof MERGES;
}

/**
 * Parallel boxes: each gets a copy of the input, and their outputs are merged.
 *
 *   forward            y_k = F_k(x_in, w_k)        x_out = M(y_1 ... y_K)
 *   backpropToInput    ∂C/∂x_in = Σ_k ∂C/∂y_k · ∂F_k/∂x_in,  ∂C/∂y_k = ∂C/∂x_out · ∂M/∂y_k
 *   backpropToParams   ∂C/∂w_k = ∂C/∂y_k · ∂F_k/∂w_k
 *
 * M is the box `Concat`, `Sum`, `Product` or `Max`; it is the child named `merge`. The forward pass
 * copies the input, so the backward pass sums the gradients. The branches are named as in a
 * `Sequential`, by index or by the keys of a record.
 *
 * Shapes: the input as for every box; the outputs of the boxes have the same shape, except that for
 *         `'concat'` their last axes may differ, and for `'product'` an axis may have the size 1.
 * Errors: those of the boxes, with the place in front: `Branch[1] > Conv2D.forward: ...`,
 *         `Branch.merge > Sum.forward: ...`; no branches, or a branch named `merge`.
 * Source: Szegedy et al. 2014, arXiv:1409.4842, figure 2 (the concatenation).
 *
 *     const pool = new MaxPool2D(3, { stride: 1, padding: 1 });
 *     const inception = new Branch([new Conv2D(8, 4, 1, { rng }), pool]);
 *     inception.infer(images);   // [N, H, W, 4 + 8]
 */
export class Branch extends Container {
  readonly boxes: readonly Box[];
  readonly merge: Module<readonly Tensor[], Tensor>;
  readonly #branches: readonly NamedModule<Tensor, Tensor>[];

  constructor(boxes: readonly Box[] | Readonly<Record<string, Box>>, options: BranchOptions = {}) {
    const { merge: kind = 'concat' } = options;
    checkOptions(new.target.prototype, options, ['merge']);
    checkChoice(new.target.prototype, 'merge', kind, Object.keys(MERGES));
    const branches = namedChildren(new.target.prototype, boxes);
    if (branches.length === 0)
      throw new BoxError([nameOf(new.target.prototype)], 'expected at least one box, got none');
    if (branches.some(([name]) => name === 'merge')) {
      throw new BoxError(
        [nameOf(new.target.prototype)],
        'expected names other than that of the merge, got "merge"',
      );
    }
    const merge = MERGES[kind]();
    super([...branches, ['merge', merge]]);
    this.#branches = branches;
    this.boxes = branches.map(([, box]) => box);
    this.merge = merge;
  }

  /** Computes M(F_1(x_in) ... F_K(x_in)). */
  protected route<V>(input: V, run: Run<V>): V {
    const last = this.#branches.length - 1;
    const outputs = this.#branches.map((child, k) => run(child, k < last ? share(input) : input));
    return run(['merge', this.merge], outputs);
  }

  /** Computes Σ_k ∂C/∂y_k · ∂F_k/∂x_in, from the last box to the first. */
  protected backRoute(gradOutput: Tensor, back: Back): Tensor | undefined {
    const grads = back.through(['merge', this.merge], gradOutput);
    const parts = this.#branches.map((child, k) => [child, grads[k]] as const).reverse();
    return total(parts.map(([child, grad]) => back.toInput(child, grad)));
  }
}
