import type { Tensor } from '@tensorflow/tfjs-core';
import { checkChoice, nameOf } from '../lib/check.ts';
import { accumulate, checkCaches, gather, GradSum, named, placeOf } from '../lib/container.ts';
import { BoxError, within } from '../lib/errors.ts';
import { release, tidy } from '../lib/memory.ts';
import {
  Module,
  type Backward,
  type Child,
  type Context,
  type Forward,
  type Grads,
  type Params,
} from '../lib/module.ts';
import { Concat } from './concat.ts';
import { Max } from './max.ts';
import { Product } from './product.ts';
import type { Box } from './sequential.ts';
import { Sum } from './sum.ts';

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
 *         no box at all.
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

export interface BranchCache {
  /** One a box, and that of the merge. `backprop` empties it from the end. */
  readonly caches: unknown[];
}

type Merge = Module<readonly Tensor[], Tensor, unknown>;

export class Branch extends Module<Tensor, Tensor, BranchCache> {
  override readonly params: Params;
  override readonly buffers: Params;
  readonly boxes: readonly Box[];
  readonly merge: Merge;
  readonly #children: readonly (readonly [name: string, box: Box])[];

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
    this.boxes = this.#children.map(([, box]) => box);
    this.merge = MERGES[merge]();
    this.params = gather(this.#children, (box) => box.params);
    this.buffers = gather(this.#children, (box) => box.buffers);
  }

  forward(input: Tensor, context?: Context): Forward<Tensor, BranchCache> {
    return tidy(() => {
      const steps = this.#each((box) => box.forward(input, context));
      const outputs = steps.map(({ output }) => output);
      const merged = within(placeOf(this, 'merge'), () => this.merge.forward(outputs, context));
      release(outputs);
      return { output: merged.output, cache: { caches: [...steps.map(({ cache }) => cache), merged.cache] } };
    });
  }

  override infer(input: Tensor, context?: Context): Tensor {
    return tidy(() => {
      const outputs = this.#each((box) => box.infer(input, context));
      const output = within(placeOf(this, 'merge'), () => this.merge.infer(outputs, context));
      release(outputs);
      return output;
    });
  }

  backpropToInput(gradOutput: Tensor, cache: BranchCache): Tensor {
    return tidy(() => {
      const grads = this.#split(gradOutput, cache);
      return this.#each((box, k) => box.backpropToInput(grads[k], cache.caches[k])).reduce(accumulate);
    });
  }

  override backpropToParams(gradOutput: Tensor, cache: BranchCache): Grads {
    return tidy(() => {
      const grads = this.#split(gradOutput, cache);
      return this.#together(this.#each((box, k) => box.backpropToParams(grads[k], cache.caches[k])));
    });
  }

  override backprop(gradOutput: Tensor, cache: BranchCache): Backward<Tensor> {
    return tidy(() => {
      const steps = this.#sweepEach(gradOutput, cache, (box, grad, ofBox) => {
        const step = box.backprop(grad, ofBox);
        release(ofBox);
        return step;
      });
      return {
        gradInput: steps.map(({ gradInput }) => gradInput).reduce(accumulate),
        gradParams: this.#together(steps.map(({ gradParams }) => gradParams)),
      };
    });
  }

  override sweep(gradOutput: Tensor, cache: BranchCache): Grads {
    return tidy(() => {
      return this.#together(this.#sweepEach(gradOutput, cache, (box, grad, ofBox) => box.sweep(grad, ofBox)));
    });
  }

  override updateBuffers({ caches }: BranchCache): void {
    this.boxes.forEach((box, k) => box.updateBuffers(caches[k]));
  }

  override children(): readonly Child[] {
    return this.#children;
  }

  #each<T>(run: (box: Box, k: number) => T): T[] {
    return this.boxes.map((box, k) => within(this.#place(k), () => run(box, k)));
  }

  /** ∂C/∂y_k of every box. */
  #split(gradOutput: Tensor, { caches }: BranchCache): readonly Tensor[] {
    checkCaches(this, caches, this.boxes.length + 1);
    return within(placeOf(this, 'merge'), () =>
      this.merge.backpropToInput(gradOutput, caches[this.boxes.length]),
    );
  }

  /** Runs the backward of each box, from the last, and takes its cache out behind it; the results in the boxes' order. */
  #sweepEach<T>(
    gradOutput: Tensor,
    cache: BranchCache,
    run: (box: Box, grad: Tensor, ofBox: unknown) => T,
  ): T[] {
    const { caches } = cache;
    const grads = this.#split(gradOutput, cache);
    release(caches.pop());
    const results: T[] = [];
    for (let k = this.boxes.length - 1; k >= 0; k--) {
      results.unshift(within(this.#place(k), () => run(this.boxes[k], grads[k], caches[k])));
      caches.pop();
      release(grads[k]);
    }
    return results;
  }

  #together(grads: readonly Grads[]): Grads {
    const sum = new GradSum(this);
    this.boxes.forEach((box, k) => sum.add(this.#place(k), box, grads[k]));
    return sum.grads;
  }

  #place(k: number): string {
    return placeOf(this, this.#children[k][0]);
  }
}
