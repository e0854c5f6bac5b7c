import {
  add,
  div,
  mul,
  neg,
  reshape,
  sqrt,
  square,
  step,
  sub,
  type Tensor,
  type Tensor3D,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import {
  checkGradOutput,
  checkOptions,
  checkPositiveFloat,
  checkShape,
  checkSize,
  checkTensor,
} from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import {
  gaussianOf,
  localNormFacts,
  type Gaussian,
  type GaussianOptions,
} from '../lib/gaussian.ts';
import { quotient } from '../lib/kernels/elementwise/keepNaN.ts';
import { maximum } from '../lib/kernels/elementwise/maximum.ts';
import {
  asMap,
  localMean,
  localMeanToInput,
  localWindow,
  pixelsOf,
  type LocalWindow,
} from '../lib/kernels/normalize/localMean.ts';
import {
  meanOver,
  broadcastGroups,
  sumOver,
  viewOf,
  type ReductionGroups,
} from '../lib/kernels/normalize/reductionGroups.ts';
import { tidy } from '../lib/memory.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import type { ProjectionRule } from '../lib/projectionRule.ts';

/** The options of `DivisiveNorm2D`. */
export interface DivisiveNorm2DOptions extends GaussianOptions {
  /** The smallest divisor, 1e-4 by default. */
  readonly threshold?: number;
}

/** The values that `DivisiveNorm2D` keeps for its backward method. */
export interface DivisiveNorm2DCache {
  readonly input: Tensor4D;
  /** The local standard deviation σ, [N, H, W]. */
  readonly sigma: Tensor3D;
  /** max(c, threshold), one per example. */
  readonly floor: Tensor;
  /** 1 for an example where c is above the threshold, else 0. */
  readonly isMean: Tensor;
  readonly window: LocalWindow;
}

/**
 * Divisive normalization: divides each pixel by the local standard deviation σ. If σ is below its
 * mean over the example, c, the divisor is c, so that flat regions are not amplified. After
 * `SubtractiveNorm2D`, x has local mean 0, so σ is a standard deviation. (j, k) is one of the P
 * pixels of an example, (p, q) is a cell of the window around 0, and i is a map:
 *
 *   forward          σ[j,k] = (Σ_{ipq} w_{jk}[p,q] x[i, j+p, k+q]²)^½        c = (1/P) Σ_jk σ[j,k]
 *                    d[j,k] = max(c, σ[j,k], threshold)        y[i,j,k] = x[i,j,k]/d[j,k]
 *   backpropToInput  h[j,k] = ∂C/∂d[j,k] = −Σ_i g[i,j,k] x[i,j,k]/d[j,k]²,  g = ∂C/∂y
 *                    s[j,k] = ∂C/∂σ[j,k] = h[j,k] where σ[j,k] is the largest
 *                             + (1/P) Σ h[j',k'] over the pixels (j',k') where c is the largest
 *                    ∂C/∂x[i,j,k] = g[i,j,k]/d[j,k]
 *                             + x[i,j,k] Σ_pq w_{j+p,k+q}[−p,−q] s[j+p,k+q]/σ[j+p,k+q]
 *
 * where w_{jk}[p,q] ∝ exp(−p²/2σ_h² − q²/2σ_w²) over the cells that are inside the image, and
 * Σ_{ipq} w_{jk}[p,q] = 1 at every pixel (jk): at the border the window is cut off and scaled up.
 * The window is not a parameter. The threshold, which is not in the paper, prevents the
 * amplification of rounding errors in an example that is constant.
 *
 * If two arguments of max(c, σ, threshold) are equal, the derivative goes to the threshold rather
 * than to c, and to c rather than to σ. If σ = 0, all x in the window are 0 and √ has no
 * derivative; s/σ is then defined as 0.
 *
 * Shapes: input, output, gradOutput [N, H, W, channels].
 * Errors: an input or gradOutput of the wrong shape or dtype; an even window; a sigma or threshold
 *         that is not above 0; channels below 1.
 * Source: lecture, "Contrast normalization" (7x7 Gaussian); Jarrett et al., ICCV 2009, section 2;
 *         the threshold is from Torch, whose modules use it instead of c.
 *
 *     const box = new DivisiveNorm2D(3, { kernelSize: 9 });
 *     box.infer(images);   // [N, H, W, 3]
 */
export class DivisiveNorm2D extends Module<Tensor4D, Tensor4D, DivisiveNorm2DCache> {
  readonly channels: number;
  readonly gaussian: Gaussian;
  readonly threshold: number;

  constructor(channels: number, options: DivisiveNorm2DOptions = {}) {
    super();
    checkOptions(this, options, ['kernelSize', 'sigma', 'threshold']);
    checkSize(this, 'channels', channels);
    this.channels = channels;
    this.gaussian = gaussianOf(this, options);
    const { threshold = 1e-4 } = options;
    checkPositiveFloat(this, 'threshold', threshold);
    this.threshold = threshold;
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, DivisiveNorm2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', this.channels]);
    const { shape } = input;
    return tidy(() => {
      const window = localWindow(shape[1], shape[2], this.gaussian);
      const pixels = pixelsOf(shape);
      const x = reshape(input, viewOf(pixels));
      const sigma = sqrt(localMean(asMap(meanOver(square(x), pixels), shape), window));
      const mean = meanOver(sigma, examplesOf(shape));
      const threshold = scalar(this.threshold);
      const floor = maximum(mean, threshold);
      const divisor = maximum<Tensor3D>(sigma, floor);
      const output: Tensor4D = reshape(quotient(x, broadcastGroups(divisor, pixels)), shape);
      return {
        output,
        cache: { input: input.clone(), sigma, floor, isMean: step(sub(mean, threshold)), window },
      };
    });
  }

  backpropToInput(gradOutput: Tensor4D, cache: DivisiveNorm2DCache): Tensor4D {
    const { input, sigma, floor, isMean, window } = cache;
    const { shape } = input;
    checkGradOutput(this, 'backpropToInput', gradOutput, shape);
    return tidy(() => {
      const [pixels, examples] = [pixelsOf(shape), examplesOf(shape)];
      const x = reshape(input, viewOf(pixels));
      const g = reshape(gradOutput, viewOf(pixels));
      const divisor = maximum<Tensor3D>(sigma, floor);
      const h = neg(div(asMap(sumOver(mul(g, x), pixels), shape), square(divisor)));
      const own = mul(h, step(sub(sigma, floor)));
      const shared = mul(meanOver(sub(h, own), examples), isMean);
      const s = add(own, shared);
      const positive = step(sigma);
      // s/σ, or 0/1 where σ is 0.
      const ratio: Tensor3D = div(mul(s, positive), add(sigma, sub(scalar(1), positive)));
      const throughSigma = localMeanToInput(ratio, window);
      const perMap = mul(throughSigma, scalar(1 / this.channels));
      const gradInput = add(
        quotient(g, broadcastGroups(divisor, pixels)),
        mul(x, broadcastGroups(perMap, pixels)),
      );
      return reshape(gradInput, shape);
    });
  }

  /** Zeiler & Fergus leave normalizations out of the deconvnet. */
  override project(signal: Tensor4D, cache: DivisiveNorm2DCache, rule: ProjectionRule): Tensor4D {
    if (rule !== 'deconvnet') return this.backpropToInput(signal, cache);
    checkGradOutput(this, 'project', signal, cache.input.shape);
    return signal.clone();
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', this.channels]);
    return { ...localNormFacts(input, this.gaussian.kernelSize), statistics: true };
  }
}

/** Returns the groups of a mean over all pixels of an example: one group per example. */
function examplesOf([batch, height, width]: readonly number[]): ReductionGroups {
  return { outer: batch, rows: height * width, groups: 1, columns: 1 };
}
