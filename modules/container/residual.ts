import type { Tensor } from '@tensorflow/tfjs-core';
import { Boxes, type Back, type ContainerCache, type Run } from '../../lib/boxes.ts';
import { named, share, total } from '../../lib/container.ts';
import {
  Module,
  type Gradients,
  type Context,
  type ForwardResult,
  type Grads,
  type Params,
} from '../../lib/module.ts';
import { Identity } from '../identity.ts';
import type { Box } from './sequential.ts';
import { Sum } from '../sum.ts';

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
 * Errors: those of the boxes, with the place before: `Residual.body > Conv2D.forward: ...`; outputs of two shapes,
 *         `Residual.sum > Sum.forward: ...`.
 * Source: He, Zhang, Ren, Sun 2015, "Deep residual learning", arXiv:1512.03385, equations 1 and 2.
 */
export class Residual extends Module<Tensor, Tensor, ContainerCache> {
  override readonly params: Params;
  override readonly buffers: Params;
  readonly body: Box;
  readonly shortcut: Box;
  readonly sum = new Sum();
  readonly #all: Boxes;

  constructor(body: Box, shortcut: Box = new Identity()) {
    super();
    this.body = body;
    this.shortcut = shortcut;
    this.#all = new Boxes(this, named(this, { body, shortcut, sum: this.sum }));
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

  override children(): readonly (readonly [name: string, box: Box])[] {
    return [
      ['body', this.body],
      ['shortcut', this.shortcut],
    ];
  }

  /** F(x_in) + S(x_in) */
  #there(input: Tensor, run: Run): Tensor {
    const terms = this.children().map((child) => run(child, share(input)));
    return run(['sum', this.sum], terms);
  }

  /** ∂C/∂x_out · ∂F/∂x_in + ∂C/∂x_out · ∂S/∂x_in */
  #back(gradOutput: Tensor, back: Back): Tensor | undefined {
    const [toBody, toShortcut] = back.through(['sum', this.sum], share(gradOutput));
    const throughShortcut = back.first(['shortcut', this.shortcut], toShortcut);
    return total([back.first(['body', this.body], toBody), throughShortcut]);
  }
}
