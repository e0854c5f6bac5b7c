import type { Tensor4D } from '@tensorflow/tfjs-core';
import {
  checkChoice,
  checkGradOutput,
  checkNumber,
  checkOptions,
  checkShape,
  checkTensor,
} from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import type { AxisWindow, Facts, Shape } from '../lib/facts.ts';
import {
  checkBorder,
  sidesOf,
  type Border,
  type Borders,
  type PaddingMode,
  type Sides,
} from '../lib/geometry.ts';
import { pad2d, pad2dToInput } from '../lib/kernels/pad/pad2d.ts';
import { Module, type ForwardResult } from '../lib/module.ts';
import { paddedPosition, perPosition, samePosition } from '../lib/window.ts';

/** The options of `Pad2D`. */
export interface Pad2DOptions {
  /** How the border is filled; `'zeros'` by default. */
  readonly mode?: PaddingMode;
  /** The value of the border in the mode `'zeros'`; 0 by default. */
  readonly value?: number;
}

/** The values that `Pad2D` keeps for its backward method. */
export interface Pad2DCache {
  readonly borders: Borders;
  readonly outputShape: readonly number[];
}

/**
 * Adds a border around images. An axis of n pixels gets t pixels before it, and position i of the
 * padded axis is a copy of pixel r(i). With y = i − t, r(i) = y inside the image, and in the border
 * r(i) is
 *
 *   zeros: none, x_out = value        reflect: −y or 2(n − 1) − y
 *   replicate: 0 or n − 1             circular: y + n or y − n
 *
 *   forward          x_out[n,i,j,c] = x_in[n, r_h(i), r_w(j), c]
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = Σ_{i: r_h(i)=y} Σ_{j: r_w(j)=x} ∂C/∂x_out[n,i,j,c]
 *
 * so the gradient of a pixel is the sum of the gradients of the pixel itself and of its copies in
 * the border.
 *
 * Shapes: input [N, H, W, C]; output, gradOutput [N, top + H + bottom, left + W + right, C].
 * Errors: an input or gradOutput of the wrong shape or dtype; a mirrored border of at least the
 *         size of the image; a circular border larger than the image; a `value` in a mode that does
 *         not use it; bad sizes.
 * Source: lecture, "Filtering": "discuss how you handle the boundaries".
 *
 *     const box = new Pad2D([[1, 0], [2, 2]], { mode: 'reflect' });
 *     box.infer(images);   // [N, 1 + H, 2 + W + 2, C]
 */
export class Pad2D extends Module<Tensor4D, Tensor4D, Pad2DCache> {
  override readonly hidesInfinity = false;

  /** [[top, bottom], [left, right]] */
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
  readonly mode: PaddingMode;
  readonly value: number;

  constructor(padding: Sides, options: Pad2DOptions = {}) {
    super();
    checkOptions(this, options, ['mode', 'value']);
    const { mode = 'zeros', value = 0 } = options;
    this.padding = checkSides(padding);
    checkChoice(this, 'mode', mode, ['zeros', 'reflect', 'replicate', 'circular']);
    checkNumber(this, 'value', value);
    if (value !== 0 && mode !== 'zeros') {
      throw new BoxError(
        ['Pad2D'],
        `expected value only with mode "zeros", got ${value} with ${show(mode)}`,
      );
    }
    this.mode = mode;
    this.value = value;
  }

  forward(input: Tensor4D): ForwardResult<Tensor4D, Pad2DCache> {
    checkTensor(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const borders = this.#borders(input.shape);
    const output = pad2d(input, borders, this.mode, this.value);
    return { output, cache: { borders, outputShape: output.shape } };
  }

  backpropToInput(gradOutput: Tensor4D, { borders, outputShape }: Pad2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, outputShape);
    return pad2dToInput(gradOutput, borders, this.mode);
  }

  override facts([input]: readonly Shape[]): Facts {
    checkShape(this, 'forward', 'input', input, ['N', 'H', 'W', 'C']);
    const { height, width } = this.#borders(input);
    const axes = [height, width];
    const sizes = axes.map(({ input, before, after }) => before + input + after);
    return {
      outputShape: [input[0], ...sizes, input[3]],
      window: { axes: axes.map((border) => this.#axis(border)), channels: samePosition },
      multiplyAdds: 0,
    };
  }

  #borders([, height, width]: Shape): Borders {
    const [[top, bottom], [left, right]] = this.padding;
    const borders = {
      height: { input: height, before: top, after: bottom },
      width: { input: width, before: left, after: right },
    };
    checkBorder(this, this.mode, [borders.height, borders.width]);
    return borders;
  }

  #axis({ input, before }: Border): AxisWindow {
    const inputsOf = perPosition((output) => [paddedPosition(output - before, input, this.mode)]);
    return { size: 1, step: 1, inputsOf };
  }
}

function checkSides(padding: Sides): Pad2D['padding'] {
  const sides = sidesOf(padding);
  if (sides !== undefined) return sides;
  throw new BoxError(
    ['Pad2D'],
    'expected padding to be an integer of at least 0, a pair [height, width] or [[top, bottom], [left, right]], ' +
      `got ${show(padding)}`,
  );
}
