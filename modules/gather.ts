import type { Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkInput, checkRank, nameOf } from '../lib/check.ts';
import { BoxError, show } from '../lib/errors.ts';
import { axisOf, checkAxis, windowAlong } from '../lib/exampleAxis.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { isList } from '../lib/isList.ts';
import { mapAxis, transposed, type AxisMap } from '../lib/kernels/pad/axisMap.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Gather` keeps for its backward method. */
export interface GatherCache {
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
}

/**
 * Takes the cells at given indices along one axis, in any order. An index may occur several times,
 * or not at all: `[0, 0, 0]` repeats an axis of size 1 three times.
 *
 *   forward          x_out[n, ..., i, ...] = x_in[n, ..., r_i, ...]
 *   backpropToInput  ∂C/∂x_in[n, ..., j, ...] = Σ_{i: r_i = j} ∂C/∂x_out[n, ..., i, ...]
 *
 * with the indices r_0, r_1, .... A cell that is taken several times gets the sum of the gradients,
 * and a cell that is not taken gets 0.
 *
 * Shapes: input [N, ..., D, ...]; output, gradOutput [N, ..., I, ...], where I is the number of
 *         indices.
 * Errors: an axis or indices that are not integers; an axis that the input does not have; an index
 *         outside of 0 ... D − 1; a gradOutput whose shape differs from the output's.
 * Source: PyTorch's `index_select`; ONNX's `Gather`.
 *
 *     const box = new Gather(1, [2, 0, 0]);
 *     box.infer(tensor2d([[1, 2, 3]]));   // [[3, 1, 1]]
 */
export class Gather extends Module<Tensor, Tensor, GatherCache> {
  override readonly hidesInfinity = false;
  readonly axis: number;
  readonly indices: readonly number[];

  /** @param axis counted from 1, because axis 0 is the batch; −1 is the last one, the channels. */
  constructor(axis: number, indices: readonly number[]) {
    super();
    checkAxis(this, axis);
    const isIndex = (index: number) => Number.isSafeInteger(index) && index >= 0;
    if (!isList(indices) || indices.length === 0 || !indices.every(isIndex))
      throw new BoxError(
        [nameOf(this)],
        `expected indices to be a list of integers of at least 0, got ${show(indices)}`,
      );
    this.axis = axis;
    this.indices = [...indices];
  }

  forward(input: Tensor): ForwardResult<Tensor, GatherCache> {
    checkInput(this, input, 2);
    const { axis, map, outputShape } = this.#map(input.shape);
    return {
      output: mapAxis(input, axis, map),
      cache: { inputShape: input.shape, outputShape },
    };
  }

  backpropToInput(gradOutput: Tensor, { inputShape, outputShape }: GatherCache): Tensor {
    checkGradOutput(this, 'backpropToInput', gradOutput, outputShape);
    const { axis, map } = this.#map(inputShape);
    return mapAxis(gradOutput, axis, transposed(map));
  }

  override facts([input]: readonly Shape[]): Facts {
    checkRank(this, input, 2);
    const { axis, outputShape } = this.#map(input);
    const { indices } = this;
    const step = (indices[indices.length - 1] - indices[0]) / Math.max(indices.length - 1, 1);
    return {
      outputShape,
      window: windowAlong(input, axis, (i) => indices[i], step),
      multiplyAdds: 0,
    };
  }

  override describe(): string {
    const { axis, indices } = this;
    const some = indices.slice(0, 8).join(', ');
    return `Gather ${some}${indices.length > 8 ? ', ...' : ''} of axis ${axis}`;
  }

  #map(shape: Shape) {
    const axis = axisOf(this, this.axis, shape);
    const size = shape[axis];
    const largest = this.indices.reduce((most, index) => Math.max(most, index), 0);
    if (largest >= size)
      throw new BoxError(
        [`${nameOf(this)}.forward`],
        `expected more than ${largest} cells along axis ${this.axis}, got an input of shape ${show([...shape])}`,
      );
    const rows = this.indices.map((first) => ({ first, weights: [1] }));
    const map: AxisMap = { input: size, rows };
    const outputShape = shape.map((own, k) => (k === axis ? rows.length : own));
    return { axis, map, outputShape };
  }
}
