import { tidy, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkOptions, checkShape, checkSize, checkTensor } from '../lib/check.ts';
import { withPath } from '../lib/errors.ts';
import { localNormFacts } from '../lib/gaussian.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { ProjectionRule } from '../lib/projectionRule.ts';
import {
  DivisiveNorm2D,
  type DivisiveNorm2DCache,
  type DivisiveNorm2DOptions,
} from './divisiveNorm2d.ts';
import { SubtractiveNorm2D, type SubtractiveNorm2DCache } from './subtractiveNorm2d.ts';

/** The options of `ContrastNorm2D`. */
export type ContrastNorm2DOptions = DivisiveNorm2DOptions;

/** The values that `ContrastNorm2D` keeps for its backward method. */
export interface ContrastNorm2DCache {
  readonly subtractive: SubtractiveNorm2DCache;
  readonly divisive: DivisiveNorm2DCache;
}

/**
 * Local contrast normalization across feature maps: `SubtractiveNorm2D` makes the local mean 0, and
 * then `DivisiveNorm2D` makes the local standard deviation 1, with the same Gaussian window.
 *
 *   forward          v = S(x_in)        x_out = D(v)
 *   backpropToInput  ∂C/∂x_in = (∂C/∂x_out · ∂D/∂v) · ∂S/∂x_in
 *
 * See the two boxes for the equations. This is the form of Jarrett et al.: the weights sum to 1
 * over the window and all maps, and the divisor is at least the mean, over the example, of the
 * local standard deviation. The two boxes also define what the paper does not state: the σ of the
 * window, the treatment of the border, and a threshold for constant examples.
 *
 * Shapes: input, output, gradOutput [N, H, W, channels].
 * Errors: an input or gradOutput of the wrong shape or dtype; an even window; a sigma or threshold
 *         that is not above 0; channels below 1.
 * Source: lecture, "Contrast normalization" (7x7 Gaussian); Jarrett et al., ICCV 2009, section 2.
 *
 *     const box = new ContrastNorm2D(3, { kernelSize: 9 });
 *     box.infer(images);   // [N, H, W, 3]
 */
export class ContrastNorm2D extends Module<Tensor4D, Tensor4D, ContrastNorm2DCache> {
  readonly channels: number;
  readonly subtractive: SubtractiveNorm2D;
  readonly divisive: DivisiveNorm2D;

  constructor(channels: number, options: ContrastNorm2DOptions = {}) {
    super();
    checkOptions(this, options, ['kernelSize', 'sigma', 'threshold']);
    checkSize(this, 'channels', channels);
    this.channels = channels;
    const { threshold: _threshold, ...window } = options;
    this.subtractive = withPath('ContrastNorm2D', () => new SubtractiveNorm2D(channels, window));
    this.divisive = withPath('ContrastNorm2D', () => new DivisiveNorm2D(channels, options));
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, ContrastNorm2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', this.channels]);
    const centered = this.subtractive.forward(input);
    const scaled = this.divisive.forward(centered.output);
    centered.output.dispose();
    return {
      output: scaled.output,
      cache: { subtractive: centered.cache, divisive: scaled.cache },
    };
  }

  backpropToInput(gradOutput: Tensor4D, { subtractive, divisive }: ContrastNorm2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, subtractive.shape);
    return tidy(() => {
      const gradCentered = this.divisive.backpropToInput(gradOutput, divisive);
      return this.subtractive.backpropToInput(gradCentered, subtractive);
    });
  }

  override project(
    signal: Tensor4D,
    { subtractive, divisive }: ContrastNorm2DCache,
    rule: ProjectionRule,
  ): Tensor4D {
    checkGradOutput(this, 'project', signal, subtractive.shape);
    return tidy(() => {
      const centered = this.divisive.project(signal, divisive, rule);
      return this.subtractive.project(centered, subtractive, rule);
    });
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', this.channels]);
    const [height, width] = this.subtractive.gaussian.kernelSize;
    // The divisive box slides its window of K pixels over the output of the subtractive box, so
    // together they see 2 K − 1 pixels.
    return { ...localNormFacts(input, [2 * height - 1, 2 * width - 1]), statistics: true };
  }
}
