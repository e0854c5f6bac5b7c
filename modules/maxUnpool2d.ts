import {
  fill,
  greater,
  onesLike,
  where,
  zerosLike,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core';
import { checkGradOutput, checkOptions, checkShape, checkTensor, nameOf } from '../lib/check.ts';
import { scalar } from '../lib/constant.ts';
import { BoxError } from '../lib/errors.ts';
import type { AxisWindow, Facts, Shape } from '../lib/facts.ts';
import {
  checkPadding,
  checkPoolPadding,
  convGeometry,
  pair,
  type Axis,
  type Geometry,
  type Padding,
  type Pair,
} from '../lib/geometry.ts';
import { maxPool2d, maxPool2dToInput } from '../lib/kernels/pool/maxPool2d.ts';
import { tidy } from '../lib/memory.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { describeWindows, perPosition, samePosition } from '../lib/window.ts';

/** The options of `MaxUnpool2D`. They are those of the pool that it undoes. */
export interface MaxUnpool2DOptions {
  /** s, in pixels, at least the kernel's size; the kernel's size by default. */
  readonly stride?: Pair;
  /** The pool's padding; `'valid'` by default. */
  readonly padding?: Padding;
}

/** The values that `MaxUnpool2D` keeps for its backward method. */
export interface MaxUnpool2DCache {
  /** The pool's input, from which the winners follow. */
  readonly large: Tensor4D;
  readonly geometry: Geometry;
}

/**
 * Undoes a max pool: puts each value back where the maximum of its window was, among zeros. Its
 * inputs are the values x and the input of the pool z, from which it finds the winners. So the pool
 * need not pass the winners on outside of the graph. A value that a MaxPool2D of the same z makes
 * comes back to its own pixel.
 *
 *   forward          x_out[n,y,x,c] = x_in[n,i,j,c] if (y,x) wins window (i,j) of z, else 0
 *   backpropToInput  ∂C/∂x_in[n,i,j,c] = ∂C/∂x_out[n,y,x,c] at the winner (y,x) of window (i,j)
 *                    ∂C/∂z = 0, because a small change of z moves no winner
 *
 * If several pixels of a window are equal, the first one, row by row, wins. Windows do not overlap,
 * so that no pixel gets two values.
 *
 * Shapes: inputs: x_in [N, H', W', C], where H' = ⌊(H + P − K_h)/s⌋ + 1 as for the pool, and z
 *         [N, H, W, C]; output, gradOutput [N, H, W, C].
 * Errors: inputs that do not fit together, or of the wrong dtype; a kernel larger than the padded
 *         z; a stride smaller than the kernel; padding of more than half the kernel.
 * Source: Zeiler, Taylor, Fergus 2011, "Adaptive deconvolutional networks", section 3.1; PyTorch's
 *         MaxUnpool2d, which takes the indices of the winners instead of z.
 *
 *     const graph = new Graph({
 *       inputs: 'image',
 *       nodes: [
 *         ['pool', new MaxPool2D(2), 'image'],
 *         ['unpool', new MaxUnpool2D(2), ['pool', 'image']],
 *       ],
 *       outputs: 'unpool',
 *     });
 *     graph.infer(images);   // the images, with 0 for three of four pixels
 */
export class MaxUnpool2D extends Module<readonly Tensor[], Tensor4D, MaxUnpool2DCache> {
  override readonly arity = 'list';
  override readonly hidesInfinity = true;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: Padding;

  constructor(kernelSize: Pair, options: MaxUnpool2DOptions = {}) {
    super();
    checkOptions(this, options, ['stride', 'padding']);
    this.kernelSize = pair(this, 'kernelSize', kernelSize);
    this.stride = pair(this, 'stride', options.stride ?? this.kernelSize);
    this.padding = checkPadding(this, options.padding ?? 'valid');
    checkPoolPadding(this, this.kernelSize, this.padding);
    if (this.stride.some((step, axis) => step < this.kernelSize[axis])) {
      const [kernel, stride] = [this.kernelSize, this.stride].map((of) => of.join('x'));
      throw new BoxError(
        [nameOf(this)],
        `expected a stride of at least the kernel, ${kernel}, because windows must not overlap, got ${stride}`,
      );
    }
  }

  forward(inputs: readonly Tensor[]): ForwardResult<Tensor4D, MaxUnpool2DCache> {
    const [small, large] = this.#pair(inputs);
    checkTensor(this, 'forward', 'input[1]', large, ['N', 'H', 'W', 'C']);
    const z = large as Tensor4D;
    const geometry = this.#geometry(z.shape);
    checkTensor(this, 'forward', 'input[0]', small, pooledShape(z.shape, geometry));
    const output = tidy(() =>
      maxPool2dToInput(small as Tensor4D, z, maxPool2d(z, geometry), geometry),
    );
    return { output, cache: { large: z.clone(), geometry } };
  }

  backpropToInput(gradOutput: Tensor4D, { large, geometry }: MaxUnpool2DCache): Tensor[] {
    checkGradOutput(this, 'backpropToInput', gradOutput, large.shape);
    return tidy(() => {
      const maxima = maxPool2d(large, geometry);
      const wins = maxPool2dToInput(onesLike(maxima), large, maxima, geometry);
      // All pixels but the winners are −∞, so the maximum of a window is the gradient of its
      // winner.
      const others: Tensor4D = fill(large.shape, -Infinity);
      const gradOfWinners: Tensor4D = where(greater(wins, scalar(0)), gradOutput, others);
      return [maxPool2d(gradOfWinners, geometry), zerosLike(large)];
    });
  }

  override facts(inputs: readonly Shape[]): Facts {
    const [small, large] = this.#pair(inputs);
    checkShape(this, 'forward', 'input[1]', large, ['N', 'H', 'W', 'C']);
    const geometry = this.#geometry(large);
    checkShape(this, 'forward', 'input[0]', small, pooledShape(large, geometry));
    const axes = [geometry.height, geometry.width];
    return {
      outputShape: large,
      window: [
        { axes: axes.map(windowOf), channels: samePosition },
        { axes: axes.map(pixelsOf), channels: samePosition },
      ],
      multiplyAdds: 0,
    };
  }

  override describe(): string {
    return `MaxUnpool2D: ${describeWindows(this)}`;
  }

  #pair<T>(inputs: readonly T[]): readonly [T, T] {
    if (inputs.length === 2) return [inputs[0], inputs[1]];
    throw new BoxError(
      [`${nameOf(this)}.forward`],
      `expected two inputs, the values and the input of the pool, got ${inputs.length}`,
    );
  }

  #geometry([, height, width]: Shape): Geometry {
    return convGeometry(this, height, width, this);
  }
}

function pooledShape([batch, , , channels]: Shape, { height, width }: Geometry) {
  return [batch, height.output, width.output, channels];
}

/** Returns the window in which a pixel lies, or undefined if it lies in none. */
function windowAtPixel({ stride, kernel, before, output }: Axis, pixel: number) {
  const window = Math.floor((pixel + before) / stride);
  return window < output && pixel + before - window * stride < kernel ? window : undefined;
}

/** The dependency of an output pixel on the value of its window. */
function windowOf(axis: Axis): AxisWindow {
  const inputsOf = perPosition((pixel) => [windowAtPixel(axis, pixel)]);
  return { size: 1, step: 1 / axis.stride, inputsOf };
}

/** The dependency of an output pixel on the pixels of its window. */
function pixelsOf(axis: Axis): AxisWindow {
  const inputsOf = perPosition((pixel) => {
    const window = windowAtPixel(axis, pixel);
    if (window === undefined) return [];
    const first = window * axis.stride - axis.before;
    const pixels = Array.from({ length: axis.kernel }, (_, k) => first + k);
    return pixels.filter((at) => at >= 0 && at < axis.input);
  });
  return { size: axis.kernel, step: 1, inputsOf };
}
