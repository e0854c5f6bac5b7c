import { reshape, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../lib/check.ts';
import { numElements } from '../lib/shapes.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Flatten` keeps for its backward method. */
export interface FlattenCache {
  readonly inputShape: number[];
}

/**
 * Reshapes each example to one row of values, so that a `Linear` can follow a convolution.
 *
 *   forward          x_out[n, (i·W + j)·C + c] = x_in[n, i, j, c]
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out, in the shape of the input
 *
 * Shapes: input [N, ...sizes]; output, gradOutput [N, product of the sizes].
 * Errors: an input of rank below 2; a gradOutput whose shape differs from the output's.
 *
 *     const box = new Flatten();
 *     box.infer(images);   // [N, H W C] for images [N, H, W, C]
 */
export class Flatten extends Module<Tensor, Tensor2D, FlattenCache> {
  override readonly hidesInfinity = false;

  forward(input: Tensor): ForwardResult<Tensor2D, FlattenCache> {
    checkInput(this, input, 2);
    return { output: reshape(input, rows(input.shape)), cache: { inputShape: input.shape } };
  }

  backpropToInput(gradOutput: Tensor2D, { inputShape }: FlattenCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, rows(inputShape));
    return reshape(gradOutput, inputShape);
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input, 2);
    return { outputShape: rows(input), window: 'identity', multiplyAdds: 0 };
  }
}

function rows([batch, ...sizes]: Shape): [number, number] {
  return [batch, numElements(sizes)];
}
