import type { Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkOptions, checkRank, nameOf } from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import { axisOf, checkAxis, windowAlong } from '../lib/exampleAxis.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { mapAxis, transposed, type AxisMap } from '../lib/kernels/pad/axisMap.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The options of `Slice`. */
export interface SliceOptions {
  /** The first cell, 0 by default. A negative number counts from the end: −1 is the last cell. */
  readonly begin?: number;
  /**
   * The cell before which the slice ends; by default the slice extends to the end of the axis. A
   * negative number counts from the end.
   */
  readonly end?: number;
  /** The distance from one cell to the next, 1 by default. */
  readonly step?: number;
}

/** The values that `Slice` keeps for its backward method. */
export interface SliceCache {
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
}

/**
 * Takes a part of one axis: the cells from a to b, excluding b, at the distance s. Several slices
 * of the channels divide a tensor, as PyTorch's `chunk` and `split` do.
 *
 *   forward          x_out[n, ..., i, ...] = x_in[n, ..., a + s·i, ...]
 *   backpropToInput  ∂C/∂x_in[n, ..., a + s·i, ...] = ∂C/∂x_out[n, ..., i, ...], and 0 elsewhere
 *
 * Shapes: input [N, ..., D, ...]; output, gradOutput [N, ..., ⌈(b − a)/s⌉, ...].
 * Errors: an axis, begin, end or step that is not an integer; an axis that the input does not
 *         have; a slice that has no cell or reaches beyond the axis; a gradOutput whose shape
 *         differs from the output's.
 * Source: NumPy's basic slicing; ONNX's `Slice`.
 *
 *     const box = new Slice(-1, { begin: 1, step: 2 });
 *     box.infer(tensor2d([[1, 2, 3, 4]]));   // [[2, 4]]
 */
export class Slice extends Module<Tensor, Tensor, SliceCache> {
  override readonly hidesInfinity = false;
  readonly axis: number;
  readonly begin: number;
  readonly end: number | undefined;
  readonly step: number;

  /** @param axis counted from 1, because axis 0 is the batch; −1 is the last one, the channels. */
  constructor(axis: number, options: SliceOptions = {}) {
    super();
    checkOptions(this, options, ['begin', 'end', 'step']);
    checkAxis(this, axis);
    const { begin = 0, end, step = 1 } = options;
    for (const [name, value] of Object.entries({ begin, end: end ?? 0, step })) {
      if (Number.isSafeInteger(value) && (name !== 'step' || value > 0)) continue;
      throw new BoxError(
        [nameOf(this)],
        `expected ${name} to be an integer${name === 'step' ? ' of at least 1' : ''}, got ${show(value)}`,
      );
    }
    [this.axis, this.begin, this.end, this.step] = [axis, begin, end, step];
  }

  forward(input: Tensor): ForwardResult<Tensor, SliceCache> {
    checkInput(this, input, 2);
    const { axis, map, outputShape } = this.#map(input.shape);
    return {
      output: mapAxis(input, axis, map),
      cache: { inputShape: input.shape, outputShape },
    };
  }

  backpropToInput(gradOutput: Tensor, { inputShape, outputShape }: SliceCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, outputShape);
    const { axis, map } = this.#map(inputShape);
    return mapAxis(gradOutput, axis, transposed(map));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input, 2);
    const { axis, first, outputShape } = this.#map(input);
    return {
      outputShape,
      window: windowAlong(input, axis, (i) => first + this.step * i, this.step),
      multiplyAdds: 0,
    };
  }

  override describe(): string {
    const { axis, begin, end, step } = this;
    const by = step === 1 ? '' : `:${step}`;
    return `Slice ${begin}:${end ?? ''}${by} of axis ${axis}`;
  }

  #map(shape: Shape) {
    const axis = axisOf(this, this.axis, shape);
    const size = shape[axis];
    const { begin, end = size, step } = this;
    const [first, last] = [begin, end].map((place) => (place < 0 ? place + size : place));
    if (first < 0 || last > size || first >= last)
      throw new BoxError(
        [`${nameOf(this)}.forward`],
        `expected an axis ${this.axis} that has the cells ${begin} to ${end}, got an input of shape ${show([...shape])}`,
      );
    const count = Math.ceil((last - first) / step);
    const rows = Array.from({ length: count }, (_, i) => ({ first: first + step * i, weights: [1] })); // prettier-ignore
    const map: AxisMap = { input: size, rows };
    const outputShape = shape.map((own, k) => (k === axis ? count : own));
    return { axis, first, map, outputShape };
  }
}
