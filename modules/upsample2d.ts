import type { Tensor4D } from '@tensorflow/tfjs-core';
import {
  checkChoice,
  checkGradOutput,
  checkOptions,
  checkShape,
  checkTensor,
} from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import type { Pair } from '../lib/geometry.ts';
import { mapImageToInput, type ImageMap } from '../lib/kernels/pad/axisMap.ts';
import { linear, nearest, resize } from '../lib/kernels/pad/resizeMap.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { samePosition, weightedAxis } from '../lib/window.ts';

/** The options of `Upsample2D`. */
export interface Upsample2DOptions {
  /**
   * f, the factor by which the size is multiplied, or a pair of factors for [height, width].
   * Factors may be fractions, and may be below 1.
   */
  readonly scaleFactor: Pair;
  /** The interpolation between pixels, `'nearest'` by default. */
  readonly mode?: 'nearest' | 'bilinear';
  /**
   * Whether the first and last pixels keep their positions in the mode `'bilinear'`; false by
   * default.
   */
  readonly alignCorners?: boolean;
}

/** The values that `Upsample2D` keeps for its backward method. */
export interface Upsample2DCache {
  readonly inputShape: readonly [number, number, number, number];
}

/**
 * Scales images by the factor f in height and width.
 *
 *   forward          x_out[n,i,j,c] = Σ_yx h[i,y] w[j,x] x_in[n,y,x,c]
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = Σ_ij h[i,y] w[j,x] ∂C/∂x_out[n,i,j,c]
 *
 * The weights h of the rows (and w of the columns, with W for H) are
 *
 *   nearest          h[i,y] = 1[y = ⌊i/f⌋]: for an integer f every pixel becomes a block
 *   bilinear         h[i,y] = max(0, 1 − |u_i − y|), u_i = (i + ½)/f − ½ kept within 0 ... H − 1,
 *                    or, with `alignCorners`, u_i = i (H − 1)/(H' − 1), and 0 where H' = 1
 *
 * so a bilinear pixel is a weighted average of the four pixels around it.
 *
 * Shapes: input [N, H, W, C]; output, gradOutput [N, H', W', C], H' = ⌊H·f⌋.
 * Errors: an input or gradOutput of the wrong shape or dtype; a factor that is not a number above
 *         0; an output without pixels; `alignCorners` in the mode `'nearest'`, where it has no
 *         meaning.
 * Source: PyTorch's Upsample.
 *
 *     const box = new Upsample2D({ scaleFactor: 2, mode: 'bilinear' });
 *     box.infer(images);   // [N, 2 H, 2 W, C]
 */
export class Upsample2D extends Module<Tensor4D, Tensor4D, Upsample2DCache> {
  override readonly hidesInfinity = false;
  readonly scaleFactor: readonly [number, number];
  readonly interpolation: 'nearest' | 'bilinear';
  readonly alignCorners: boolean;

  constructor(options: Upsample2DOptions) {
    super();
    checkOptions(this, options, ['scaleFactor', 'mode', 'alignCorners']);
    const { scaleFactor, mode = 'nearest', alignCorners = false } = options;
    const [height, width] =
      typeof scaleFactor === 'number' ? [scaleFactor, scaleFactor] : scaleFactor;
    if (![height, width].every((factor) => factor > 0 && factor < Infinity)) {
      throw new BoxError(
        ['Upsample2D'],
        `expected scaleFactor to be a number above 0, or a pair [height, width], got ${show(scaleFactor)}`,
      );
    }
    checkChoice(this, 'mode', mode, ['nearest', 'bilinear']);
    if (mode === 'nearest')
      checkChoice(this, 'alignCorners with mode "nearest"', alignCorners, [false]);
    this.scaleFactor = [height, width];
    this.interpolation = mode;
    this.alignCorners = alignCorners;
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, Upsample2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const weights = this.#weights(input.shape);
    const kind = this.alignCorners ? 'aligned' : this.interpolation;
    const output = resize(input, this.scaleFactor, kind, weights);
    return { output, cache: { inputShape: input.shape } };
  }

  backpropToInput(gradOutput: Tensor4D, { inputShape }: Upsample2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, this.#outputShape(inputShape));
    return mapImageToInput(gradOutput, this.#weights(inputShape));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const { height, width } = this.#weights(input);
    const size = this.interpolation === 'bilinear' ? 2 : 1;
    return {
      outputShape: this.#outputShape(input),
      window: {
        axes: [height, width].map(({ rows }, axis) =>
          weightedAxis(rows, size, 1 / this.scaleFactor[axis]),
        ),
        channels: samePosition,
      },
      multiplyAdds: 0,
    };
  }

  #outputShape([batch, height, width, channels]: Shape) {
    const [f, g] = this.scaleFactor;
    return [batch, Math.floor(height * f), Math.floor(width * g), channels];
  }

  #weights(inputShape: Shape): ImageMap {
    const [, inHeight, inWidth] = inputShape;
    const [, outHeight, outWidth] = this.#outputShape(inputShape);
    if (outHeight < 1 || outWidth < 1) {
      throw new BoxError(
        ['Upsample2D.forward'],
        `expected an output of at least 1x1, got ${outHeight}x${outWidth} from an input of ${inHeight}x${inWidth}`,
      );
    }
    const along = (input: number, output: number, scale: number) =>
      this.interpolation === 'nearest'
        ? nearest(input, output, scale)
        : linear(input, output, scale, this.alignCorners);
    const [f, g] = this.scaleFactor;
    return { height: along(inHeight, outHeight, f), width: along(inWidth, outWidth, g) };
  }
}
