import { reshape, sub, type Tensor4D } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkOptions, checkShape, checkSize, checkTensor } from '../lib/check.ts';
import {
  gaussianOf,
  localNormFacts,
  type Gaussian,
  type GaussianOptions,
} from '../lib/gaussian.ts';
import {
  asMap,
  centerFlat,
  localMean,
  localMeanToInput,
  localWindow,
  pixelsOf,
  type LocalWindow,
} from '../lib/kernels/normalize/localMean.ts';
import { meanOver, broadcastGroups, viewOf } from '../lib/kernels/normalize/reductionGroups.ts';
import { tidy } from '../lib/memory.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { ProjectionRule } from '../lib/projectionRule.ts';

/** The options of `SubtractiveNorm2D`. */
export type SubtractiveNorm2DOptions = GaussianOptions;

/** The values that `SubtractiveNorm2D` keeps for its backward method. */
export interface SubtractiveNorm2DCache {
  readonly shape: [number, number, number, number];
  readonly window: LocalWindow;
}

/**
 * Subtractive normalization: subtracts the local mean, so that the local mean becomes 0. The mean
 * is weighted by a Gaussian window and taken over all maps. (j, k) is a pixel, (p, q) is a cell of
 * the window around 0, and i and i' are maps:
 *
 *   forward          x_out[i,j,k] = x_in[i,j,k] − Σ_{i'pq} w_{jk}[p,q] x_in[i', j+p, k+q]
 *   backpropToInput  ∂C/∂x_in[i,j,k] = g[i,j,k] − Σ_pq w_{j+p,k+q}[−p,−q] Σ_i' g[i', j+p, k+q]
 *                    with g = ∂C/∂x_out
 *
 * where w_{jk}[p,q] ∝ exp(−p²/2σ_h² − q²/2σ_w²) over the cells that are inside the image, and
 * Σ_{i'pq} w_{jk}[p,q] = 1 at every pixel (jk). At the border the window is cut off and scaled up,
 * so a constant image gives 0 everywhere. The window is not a parameter. The paper does not state
 * σ; the default, a quarter of the window, is Torch's.
 *
 * Shapes: input, output, gradOutput [N, H, W, channels].
 * Errors: an input or gradOutput of the wrong shape or dtype; an even window; a sigma that is not
 *         above 0; channels below 1.
 * Source: lecture, "Contrast normalization" (7x7 Gaussian); Jarrett et al., ICCV 2009, section 2.
 *
 *     const box = new SubtractiveNorm2D(3, { kernelSize: 9 });
 *     box.infer(ones([1, 32, 32, 3]));   // zeros
 */
export class SubtractiveNorm2D extends Module<Tensor4D, Tensor4D, SubtractiveNorm2DCache> {
  readonly channels: number;
  readonly gaussian: Gaussian;

  constructor(channels: number, options: SubtractiveNorm2DOptions = {}) {
    super();
    checkOptions(this, options, ['kernelSize', 'sigma']);
    checkSize(this, 'channels', channels);
    this.channels = channels;
    this.gaussian = gaussianOf(this, options);
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, SubtractiveNorm2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', this.channels]);
    const { shape } = input;
    return tidy(() => {
      const window = localWindow(shape[1], shape[2], this.gaussian);
      const pixels = pixelsOf(shape);
      const means = asMap(meanOver(input, pixels), shape);
      const centered = centerFlat(input, means);
      const maps = centered === undefined ? means : asMap(meanOver(centered, pixels), shape);
      const x = reshape(centered ?? input, viewOf(pixels));
      const mean = localMean(maps, window);
      const output: Tensor4D = reshape(sub(x, broadcastGroups(mean, pixels)), shape);
      return { output, cache: { shape, window } };
    });
  }

  backpropToInput(gradOutput: Tensor4D, { shape, window }: SubtractiveNorm2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, shape);
    return tidy(() => {
      const pixels = pixelsOf(shape);
      const g = reshape(gradOutput, viewOf(pixels));
      const throughMean = localMeanToInput(asMap(meanOver(g, pixels), shape), window);
      return reshape(sub(g, broadcastGroups(throughMean, pixels)), shape);
    });
  }

  /** Zeiler & Fergus leave normalizations out of the deconvnet. */
  override project(
    signal: Tensor4D,
    cache: SubtractiveNorm2DCache,
    rule: ProjectionRule,
  ): Tensor4D {
    if (rule !== 'deconvnet') return this.backpropToInput(signal, cache);
    checkGradOutput(this, 'project', signal, cache.shape);
    return signal.clone();
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', this.channels]);
    return localNormFacts(input, this.gaussian.kernelSize);
  }
}
