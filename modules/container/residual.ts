import type { Tensor } from '@tensorflow/tfjs-core';
import { Container, type Back, type Run } from '../../lib/container.ts';
import { share, total } from '../../lib/gradSum.ts';
import { Identity } from '../identity.ts';
import { Sum } from '../sum.ts';
import type { Box } from './sequential.ts';

/**
 * A body and a shortcut around it. The body learns the difference that is added to the input.
 *
 *   forward            x_out = F(x_in, w) + S(x_in)
 *   backpropToInput    ∂C/∂x_in = ∂C/∂x_out · ∂F/∂x_in + ∂C/∂x_out · ∂S/∂x_in
 *   backpropToParams   ∂C/∂w = ∂C/∂x_out · ∂F/∂w, and likewise for the parameters of S
 *
 * F is the body and S the shortcut, the identity by default. With the identity, ∂C/∂x_out reaches
 * x_in unchanged, however deep the network is. A body that changes the shape needs a shortcut that
 * changes it in the same way. Parameters are named `body.weight` and `shortcut.weight`; the sum is
 * the child named `sum`.
 *
 * Shapes: input as for the body and the shortcut; output and gradOutput have the shape of their
 *         outputs.
 * Errors: those of the boxes, with the place in front: `Residual.body > Conv2D.forward: ...`;
 *         outputs of different shapes: `Residual.sum > Sum.forward: ...`.
 * Source: He, Zhang, Ren, Sun 2015, "Deep residual learning", arXiv:1512.03385, equations 1 and 2.
 *
 *     const conv = new Conv2D(8, 8, 3, { padding: 1, rng });
 *     const block = new Residual(new Sequential([conv, new ReLU()]));
 *     block.infer(images);   // as images: [N, H, W, 8]
 */
export class Residual extends Container {
  readonly body: Box;
  readonly shortcut: Box;
  readonly sum: Sum;

  constructor(body: Box, shortcut: Box = new Identity()) {
    const sum = new Sum();
    super({ body, shortcut, sum });
    this.body = body;
    this.shortcut = shortcut;
    this.sum = sum;
  }

  /** Computes F(x_in) + S(x_in). */
  protected route<V>(input: V, run: Run<V>): V {
    const body = run(['body', this.body], share(input));
    const shortcut = run(['shortcut', this.shortcut], input);
    return run(['sum', this.sum], [body, shortcut]);
  }

  /** Computes ∂C/∂x_out · ∂F/∂x_in + ∂C/∂x_out · ∂S/∂x_in. */
  protected backRoute(gradOutput: Tensor, back: Back): Tensor | undefined {
    const [toBody, toShortcut] = back.through(['sum', this.sum], gradOutput);
    const throughShortcut = back.toInput(['shortcut', this.shortcut], toShortcut);
    return total([back.toInput(['body', this.body], toBody), throughShortcut]);
  }
}
