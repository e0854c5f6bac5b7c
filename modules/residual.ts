import { add, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, nameOf } from '../lib/check.ts';
import { checkCaches, gather, GradSum, named, placeOf } from '../lib/container.ts';
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
import { Identity } from './identity.ts';
import type { Box } from './sequential.ts';

/**
 * A body and a way around it: the body learns what is to be added to its input.
 *
 *   forward            x_out = F(x_in, w) + S(x_in)
 *   backpropToInput    ∂C/∂x_in = ∂C/∂x_out · ∂F/∂x_in + ∂C/∂x_out · ∂S/∂x_in
 *   backpropToParams   ∂C/∂w = ∂C/∂x_out · ∂F/∂w, and so for the parameters of S
 *
 * F is the body and S the shortcut, the identity by default; then ∂C/∂x_out arrives at x_in undiminished, however deep
 * the network. Where the body changes the shape, the shortcut has to change it too. Parameters are named
 * `body.weight` and `shortcut.weight`; a sweep lets each cache go behind it.
 *
 * Shapes: input that of both; output, gradOutput that which both give.
 * Errors: those of the boxes, with the place before: `Residual.body > Conv2D.forward: ...`; outputs of two shapes.
 * Source: He, Zhang, Ren, Sun 2015, "Deep residual learning", arXiv:1512.03385, equations 1 and 2.
 */
export interface ResidualCache {
  /** Of the body and of the shortcut. `backprop` empties it. */
  readonly caches: unknown[];
  readonly shape: readonly number[];
}

export class Residual extends Module<Tensor, Tensor, ResidualCache> {
  override readonly params: Params;
  override readonly buffers: Params;
  readonly body: Box;
  readonly shortcut: Box;

  constructor(body: Box, shortcut: Box = new Identity()) {
    super();
    this.body = body;
    this.shortcut = shortcut;
    named(this, { body, shortcut });
    this.params = gather(this.children(), (box) => box.params);
    this.buffers = gather(this.children(), (box) => box.buffers);
  }

  forward(input: Tensor, context?: Context): Forward<Tensor, ResidualCache> {
    return tidy(() => {
      const body = this.#at('body', (box) => box.forward(input, context));
      const shortcut = this.#at('shortcut', (box) => box.forward(input, context));
      const output = this.#add(body.output, shortcut.output);
      return { output, cache: { caches: [body.cache, shortcut.cache], shape: output.shape } };
    });
  }

  override infer(input: Tensor, context?: Context): Tensor {
    return tidy(() => {
      const body = this.#at('body', (box) => box.infer(input, context));
      return this.#add(
        body,
        this.#at('shortcut', (box) => box.infer(input, context)),
      );
    });
  }

  backpropToInput(gradOutput: Tensor, cache: ResidualCache): Tensor {
    const [ofBody, ofShortcut] = this.#caches('backpropToInput', gradOutput, cache);
    return tidy(() => {
      const throughBody = this.#at('body', (box) => box.backpropToInput(gradOutput, ofBody));
      const throughShortcut = this.#at('shortcut', (box) => box.backpropToInput(gradOutput, ofShortcut));
      return add(throughBody, throughShortcut);
    });
  }

  override backpropToParams(gradOutput: Tensor, cache: ResidualCache): Grads {
    const [ofBody, ofShortcut] = this.#caches('backpropToParams', gradOutput, cache);
    return tidy(() => {
      const body = this.#at('body', (box) => box.backpropToParams(gradOutput, ofBody));
      const shortcut = this.#at('shortcut', (box) => box.backpropToParams(gradOutput, ofShortcut));
      return this.#together(body, shortcut);
    });
  }

  override backprop(gradOutput: Tensor, cache: ResidualCache): Backward<Tensor> {
    const [ofBody, ofShortcut] = this.#caches('backprop', gradOutput, cache);
    return tidy(() => {
      const shortcut = this.#at('shortcut', (box) => box.backprop(gradOutput, ofShortcut));
      release(cache.caches.pop());
      const body = this.#at('body', (box) => box.backprop(gradOutput, ofBody));
      release(cache.caches.pop());
      return {
        gradInput: add(body.gradInput, shortcut.gradInput),
        gradParams: this.#together(body.gradParams, shortcut.gradParams),
      };
    });
  }

  override sweep(gradOutput: Tensor, cache: ResidualCache): Grads {
    const [ofBody, ofShortcut] = this.#caches('backprop', gradOutput, cache);
    return tidy(() => {
      const shortcut = this.#at('shortcut', (box) => box.sweep(gradOutput, ofShortcut));
      cache.caches.pop();
      const body = this.#at('body', (box) => box.sweep(gradOutput, ofBody));
      cache.caches.pop();
      return this.#together(body, shortcut);
    });
  }

  override updateBuffers({ caches: [ofBody, ofShortcut] }: ResidualCache): void {
    this.body.updateBuffers(ofBody);
    this.shortcut.updateBuffers(ofShortcut);
  }

  override children(): readonly Child[] {
    return [
      ['body', this.body],
      ['shortcut', this.shortcut],
    ];
  }

  /** F(x_in) + S(x_in), lets the two terms go. */
  #add(body: Tensor, shortcut: Tensor): Tensor {
    if (body.shape.join() !== shortcut.shape.join()) {
      throw new BoxError(
        [`${nameOf(this)}.forward`],
        `expected body and shortcut to give one shape, got [${body.shape.join(', ')}] and [${shortcut.shape.join(', ')}]`,
      );
    }
    const output = add(body, shortcut);
    release([body, shortcut]);
    return output;
  }

  #caches(
    method: 'backpropToInput' | 'backpropToParams' | 'backprop',
    gradOutput: Tensor,
    cache: ResidualCache,
  ) {
    checkCaches(this, cache.caches, 2);
    checkGradOutput(this, method, gradOutput, cache.shape);
    return cache.caches;
  }

  #at<T>(name: 'body' | 'shortcut', run: (box: Box) => T): T {
    return within(placeOf(this, name), () => run(this[name]));
  }

  #together(body: Grads, shortcut: Grads): Grads {
    const sum = new GradSum(this);
    sum.add(placeOf(this, 'body'), this.body, body);
    sum.add(placeOf(this, 'shortcut'), this.shortcut, shortcut);
    return sum.grads;
  }
}
