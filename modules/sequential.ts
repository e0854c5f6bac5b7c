import { add, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import { BoxError, show, within } from '../lib/errors.ts';
import { release, tidy } from '../lib/memory.ts';
import { Module, type Backward, type Context, type Forward, type Grads, type Params } from '../lib/module.ts';

/**
 * A chain of boxes: the output of each is the input of the next.
 *
 *   forward            x_i = F_i(x_{i−1}, w_i),  i = 1 ... n
 *   backprop           ∂C/∂x_{i−1} = ∂C/∂x_i · ∂F_i/∂x_{i−1} and ∂C/∂w_i = ∂C/∂x_i · ∂F_i/∂w_i,  i = n ... 1
 *
 * The parameters of box i are named `i.name`, counted from 0. A box that stands in several places has its parameters
 * named once, after the first, and their gradients are summed. One backward sweep computes both gradients and lets
 * each box's cache go behind it.
 *
 * Shapes: input that of the first box; output that of the last.
 * Errors: those of the boxes, with the place before: `Sequential[2] > Linear.forward: ...`.
 * Source: lecture, "Backpropagation: summary".
 */
/** Any box that takes a tensor to a tensor. */
export type Box = Module<Tensor, Tensor, unknown>;

export interface SequentialCache {
  /** One a box. `backprop` empties it from the end. */
  readonly caches: unknown[];
}

export class Sequential extends Module<Tensor, Tensor, SequentialCache> {
  override readonly params: Params;
  override readonly buffers: Params;
  readonly boxes: readonly Box[];

  constructor(boxes: readonly Box[]) {
    super();
    boxes.forEach((box: unknown, i) => {
      if (!(box instanceof Module)) throw new BoxError([place(i)], `expected a box, got ${show(box)}`);
    });
    this.boxes = [...boxes];
    this.params = this.#named((box) => box.params);
    this.buffers = this.#named((box) => box.buffers);
  }

  forward(input: Tensor, context?: Context): Forward<Tensor, SequentialCache> {
    return tidy(() => {
      const caches: unknown[] = [];
      let output = input.clone();
      this.boxes.forEach((box, i) => {
        const step = within(place(i), () => box.forward(output, context));
        caches.push(step.cache);
        output.dispose();
        output = step.output;
      });
      return { output, cache: { caches } };
    });
  }

  backpropToInput(gradOutput: Tensor, { caches }: SequentialCache): Tensor {
    return tidy(() => {
      let grad = gradOutput.clone();
      for (let i = this.boxes.length - 1; i >= 0; i--) {
        const gradInput = within(place(i), () => this.boxes[i].backpropToInput(grad, caches[i]));
        grad.dispose();
        grad = gradInput;
      }
      return grad;
    });
  }

  override backpropToParams(gradOutput: Tensor, { caches }: SequentialCache): Grads {
    return tidy(() => {
      const gradParams: Grads = {};
      let grad = gradOutput.clone();
      for (let i = this.boxes.length - 1; i >= 0; i--) {
        const box = this.boxes[i];
        this.#collect(
          gradParams,
          i,
          within(place(i), () => box.backpropToParams(grad, caches[i])),
        );
        if (i === 0) break;
        const gradInput = within(place(i), () => box.backpropToInput(grad, caches[i]));
        grad.dispose();
        grad = gradInput;
      }
      return gradParams;
    });
  }

  override backprop(gradOutput: Tensor, cache: SequentialCache): Backward<Tensor> {
    return tidy(() => {
      const gradParams: Grads = {};
      return { gradInput: this.#sweepDownTo(0, gradOutput, cache, gradParams), gradParams };
    });
  }

  override sweep(gradOutput: Tensor, cache: SequentialCache): Grads {
    return tidy(() => {
      const gradParams: Grads = {};
      const grad = this.#sweepDownTo(1, gradOutput, cache, gradParams);
      if (this.boxes.length > 0) {
        const ofFirst = within(place(0), () => this.boxes[0].sweep(grad, cache.caches[0]));
        cache.caches.pop();
        this.#collect(gradParams, 0, ofFirst);
      }
      return gradParams;
    });
  }

  override updateBuffers({ caches }: SequentialCache): void {
    this.boxes.forEach((box, i) => box.updateBuffers(caches[i]));
  }

  /** Sweeps the last boxes, down to `first`; returns the gradient of that box's input. */
  #sweepDownTo(first: number, gradOutput: Tensor, { caches }: SequentialCache, gradParams: Grads): Tensor {
    if (caches.length !== this.boxes.length) {
      throw new BoxError(
        ['Sequential.backprop'],
        'expected the cache of a forward of its own, got one that a backward sweep has emptied',
      );
    }
    let grad = gradOutput.clone();
    for (let i = this.boxes.length - 1; i >= first; i--) {
      // The cache stays the caller's until its box has swept it: what throws leaves nothing without an owner.
      const step = within(place(i), () => this.boxes[i].backprop(grad, caches[i]));
      release(caches.pop());
      grad.dispose();
      grad = step.gradInput;
      this.#collect(gradParams, i, step.gradParams);
    }
    return grad;
  }

  /** Adds the gradients of box i to what its parameters have received, under their names in the chain. */
  #collect(gradParams: Grads, i: number, grads: Grads): void {
    for (const [name, grad] of Object.entries(grads)) {
      const param: Variable | undefined = this.boxes[i].params[name];
      const inChain = Object.keys(this.params).find((key) => this.params[key] === param);
      if (inChain === undefined) {
        throw new BoxError([place(i)], `expected gradients of its parameters, got one of ${show(name)}`);
      }
      const earlier = gradParams[inChain];
      gradParams[inChain] = earlier === undefined ? grad : add(earlier, grad);
    }
  }

  /** The tensors of all boxes, each under the first place where it stands. */
  #named(pick: (box: Box) => Params): Params {
    const named: Record<string, Variable> = {};
    const seen = new Set<Variable>();
    this.boxes.forEach((box, i) => {
      for (const [name, tensor] of Object.entries(pick(box))) {
        if (!seen.has(tensor)) named[`${i}.${name}`] = tensor;
        seen.add(tensor);
      }
    });
    return named;
  }
}

function place(i: number): string {
  return `Sequential[${i}]`;
}
