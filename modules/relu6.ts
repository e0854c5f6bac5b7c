import { mul, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank } from '../lib/check.ts';
import { between } from '../lib/kernels/elementwise/between.ts';
import { clip } from '../lib/kernels/elementwise/clip.ts';
import { positivePart } from '../lib/kernels/elementwise/parts.ts';
import { sameShape } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { ProjectionRule } from '../lib/projectionRule.ts';

/** The values that `ReLU6` keeps for its backward method. */
export interface ReLU6Cache {
  readonly input: Tensor;
}

/**
 * The rectified linear unit of the MobileNets, which is bounded: at most 6.
 *
 *   forward          x_out = min(max(x_in, 0), 6)
 *   backpropToInput  ∂C/∂x_in = ∂C/∂x_out · 1[0 < x_in < 6]
 *   project          deconvnet: r_in = max(0, r_out); guided: max(0, r_out) · 1[0 < x_in < 6]
 *
 * At 0 and at 6 the derivative is 0.
 *
 * Shapes: input, output, gradOutput: any, all the same.
 * Errors: an input or gradOutput that is not a float tensor; a gradOutput whose shape differs from
 *         the output's.
 * Source: Howard et al. 2017, "MobileNets", arXiv:1704.04861; the bound is from Krizhevsky,
 *         "Convolutional deep belief networks on CIFAR-10", 2010; the derivative at 0 and at 6 is
 *         that of PyTorch's nn.ReLU6.
 *
 *     const box = new ReLU6();
 *     box.infer(tensor1d([-1, 4, 9]));   // [0, 4, 6]
 */
export class ReLU6 extends Module<Tensor, Tensor, ReLU6Cache> {
  override readonly hidesInfinity = true;

  forward(input: Tensor): ForwardResult<Tensor, ReLU6Cache> {
    checkInput(this, input);
    return { output: clip(input, 0, 6), cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: Tensor, { input }: ReLU6Cache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, input.shape);
    return tidy(() => mul(gradOutput, between(input, 0, 6)));
  }

  override project(signal: Tensor, cache: ReLU6Cache, rule: ProjectionRule): Tensor {
    if (rule === 'gradient') return this.backpropToInput(signal, cache);
    checkGradOutput(this, 'project', signal, cache.input.shape);
    return tidy(() =>
      positivePart(rule === 'deconvnet' ? signal : this.backpropToInput(signal, cache)),
    );
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input);
    return sameShape(input, 'elementwise', [0, 6]);
  }
}
