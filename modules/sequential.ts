import type { Tensor } from '@tensorflow/tfjs-core';
import { checkCaches, gather, GradSum, named, placeOf } from '../lib/container.ts';
import { within } from '../lib/errors.ts';
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
export interface SequentialCache {
  /** One a box. `backprop` empties it from the end. */
  readonly caches: unknown[];
}

export class Sequential extends Module<Tensor, Tensor, SequentialCache> {
  override readonly params: Params;
  override readonly buffers: Params;
  readonly boxes: readonly Box[];
  readonly #children: readonly (readonly [name: string, box: Box])[];

  constructor(boxes: readonly Box[] | Readonly<Record<string, Box>>) {
    super();
    this.#children = named(this, boxes);
    this.boxes = this.#children.map(([, box]) => box);
    this.params = gather(this.#children, (box) => box.params);
    this.buffers = gather(this.#children, (box) => box.buffers);
  }

  forward(input: Tensor, context?: Context): Forward<Tensor, SequentialCache> {
    return tidy(() => {
      const caches: unknown[] = [];
      let output = input.clone();
      this.boxes.forEach((box, i) => {
        const step = within(this.#place(i), () => box.forward(output, context));
        caches.push(step.cache);
        output.dispose();
        output = step.output;
      });
      return { output, cache: { caches } };
    });
  }

  override infer(input: Tensor, context?: Context): Tensor {
    return tidy(() => {
      let output = input.clone();
      this.boxes.forEach((box, i) => {
        const next = within(this.#place(i), () => box.infer(output, context));
        output.dispose();
        output = next;
      });
      return output;
    });
  }

  backpropToInput(gradOutput: Tensor, { caches }: SequentialCache): Tensor {
    checkCaches(this, caches, this.boxes.length);
    return tidy(() => {
      let grad = gradOutput.clone();
      for (let i = this.boxes.length - 1; i >= 0; i--) {
        const gradInput = within(this.#place(i), () => this.boxes[i].backpropToInput(grad, caches[i]));
        grad.dispose();
        grad = gradInput;
      }
      return grad;
    });
  }

  override backpropToParams(gradOutput: Tensor, { caches }: SequentialCache): Grads {
    checkCaches(this, caches, this.boxes.length);
    return tidy(() => {
      const sum = new GradSum(this);
      let grad = gradOutput.clone();
      for (let i = this.boxes.length - 1; i >= 0; i--) {
        const box = this.boxes[i];
        sum.add(
          this.#place(i),
          box,
          within(this.#place(i), () => box.backpropToParams(grad, caches[i])),
        );
        if (i === 0) break;
        const gradInput = within(this.#place(i), () => box.backpropToInput(grad, caches[i]));
        grad.dispose();
        grad = gradInput;
      }
      return sum.grads;
    });
  }

  override backprop(gradOutput: Tensor, cache: SequentialCache): Backward<Tensor> {
    return tidy(() => {
      const sum = new GradSum(this);
      return { gradInput: this.#sweepDownTo(0, gradOutput, cache, sum), gradParams: sum.grads };
    });
  }

  override sweep(gradOutput: Tensor, cache: SequentialCache): Grads {
    return tidy(() => {
      const sum = new GradSum(this);
      const grad = this.#sweepDownTo(1, gradOutput, cache, sum);
      if (this.boxes.length > 0) {
        const ofFirst = within(this.#place(0), () => this.boxes[0].sweep(grad, cache.caches[0]));
        cache.caches.pop();
        sum.add(this.#place(0), this.boxes[0], ofFirst);
      }
      return sum.grads;
    });
  }

  override updateBuffers({ caches }: SequentialCache): void {
    this.boxes.forEach((box, i) => box.updateBuffers(caches[i]));
  }

  override children(): readonly Child[] {
    return this.#children;
  }

  /** Sweeps the last boxes, down to `first`; returns the gradient of that box's input. */
  #sweepDownTo(first: number, gradOutput: Tensor, { caches }: SequentialCache, sum: GradSum): Tensor {
    checkCaches(this, caches, this.boxes.length);
    let grad = gradOutput.clone();
    for (let i = this.boxes.length - 1; i >= first; i--) {
      // The cache stays the caller's until its box has swept it: what throws leaves nothing without an owner.
      const step = within(this.#place(i), () => this.boxes[i].backprop(grad, caches[i]));
      release(caches.pop());
      grad.dispose();
      grad = step.gradInput;
      sum.add(this.#place(i), this.boxes[i], step.gradParams);
    }
    return grad;
  }

  #place(i: number): string {
    return placeOf(this, this.#children[i][0]);
  }
}
