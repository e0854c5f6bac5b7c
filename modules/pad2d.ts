import type { Tensor4D } from '@tensorflow/tfjs-core';
import { checkChoice, checkGradOutput, checkNumber, checkTensor } from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import { checkBorder, type Borders, type Pair, type PaddingMode } from '../lib/geometry.ts';
import { pad2d, pad2dToInput } from '../lib/kernels/pad/pad2d.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/**
 * A border around images. Cell i of the padded axis is read from pixel r(i) of an axis of n pixels with t cells
 * before it; with y = i − t, inside the image r(i) = y, and in the border
 *
 *   zeros: none, x_out = value     reflect: −y or 2(n − 1) − y     replicate: 0 or n − 1     circular: y + n or y − n
 *
 *   forward          x_out[n,i,j,c] = x_in[n, r_h(i), r_w(j), c]
 *   backpropToInput  ∂C/∂x_in[n,y,x,c] = Σ_{i: r_h(i)=y} Σ_{j: r_w(j)=x} ∂C/∂x_out[n,i,j,c]
 *
 * so that a pixel that is shown in the border as well gathers the gradient of each of its copies.
 *
 * Shapes: input [N, H, W, C]; output, gradOutput [N, top + H + bottom, left + W + right, C].
 * Errors: an input or gradOutput of another shape or dtype; a mirror of as many pixels as the image has, or more; a
 *         circular border larger than the image; a value with a mode that has no use for one; bad sizes.
 * Source: lecture, "Filtering": discuss how you handle the boundaries.
 */
export interface Pad2DOptions {
  readonly mode?: PaddingMode;
  /** What stands in the border under the mode `'zeros'`; 0 by default. */
  readonly value?: number;
}

/** The same number of cells on all sides, [height, width], or [[top, bottom], [left, right]]. */
export type Sides = Pair | readonly [readonly [number, number], readonly [number, number]];

export interface Pad2DCache {
  readonly borders: Borders;
  readonly outputShape: readonly number[];
}

export class Pad2D extends Module<Tensor4D, Tensor4D, Pad2DCache> {
  /** [[top, bottom], [left, right]] */
  readonly padding: readonly [readonly [number, number], readonly [number, number]];
  readonly mode: PaddingMode;
  readonly value: number;

  constructor(padding: Sides, options: Pad2DOptions = {}) {
    super();
    const { mode = 'zeros', value = 0 } = options;
    this.padding = sides(padding);
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
    const [[top, bottom], [left, right]] = this.padding;
    const borders = {
      height: { input: input.shape[1], before: top, after: bottom },
      width: { input: input.shape[2], before: left, after: right },
    };
    checkBorder(this, this.mode, [borders.height, borders.width]);
    const output = pad2d(input, borders, this.mode, this.value);
    return { output, cache: { borders, outputShape: output.shape } };
  }

  backpropToInput(gradOutput: Tensor4D, { borders, outputShape }: Pad2DCache): Tensor4D {
    checkGradOutput(this, 'backpropToInput', gradOutput, outputShape);
    return pad2dToInput(gradOutput, borders, this.mode);
  }
}

function sides(padding: Sides): Pad2D['padding'] {
  const both: readonly unknown[] = Array.isArray(padding) ? padding : [padding, padding];
  const [rows, columns] = both.map((side): readonly unknown[] =>
    Array.isArray(side) ? side : [side, side],
  );
  if (both.length !== 2 || !isPair(rows) || !isPair(columns)) {
    throw new BoxError(
      ['Pad2D'],
      'expected padding to be an integer of at least 0, a pair [height, width] or [[top, bottom], [left, right]], ' +
        `got ${show(padding)}`,
    );
  }
  return [[...rows], [...columns]];
}

function isPair(cells: readonly unknown[]): cells is readonly [number, number] {
  return (
    cells.length === 2 && cells.every((count) => Number.isSafeInteger(count) && Number(count) >= 0)
  );
}
