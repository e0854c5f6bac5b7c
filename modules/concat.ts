import { concat, slice, type Tensor } from '@tensorflow/tfjs-core';
import { checkGradOutput, checkSameAxes, checkSameShape } from '../lib/check.ts';
import { clampInterval, samePositions } from '../lib/window.ts';
import type { Facts, Shape } from '../lib/facts.ts';
import { Module, type ForwardResult } from '../lib/module.ts';

/** The values that `Concat` keeps for its backward method. */
export interface ConcatCache {
  readonly shapes: readonly (readonly number[])[];
}

/**
 * Concatenates several inputs along the channels: first the channels of the first input, then those
 * of the second, and so on. The channels of input k begin at o_k = C_1 + ... + C_{k−1}:
 *
 *   forward          x_out[..., o_k + c] = x_k[..., c]
 *   backpropToInput  ∂C/∂x_k[..., c] = ∂C/∂x_out[..., o_k + c]
 *
 * Shapes: inputs [..., C_k]; output, gradOutput [..., Σ_k C_k].
 * Errors: inputs that differ in an axis other than the last, or are not float tensors; a gradOutput
 *         whose shape differs from the output's.
 *
 *     const box = new Concat();
 *     box.infer([tensor2d([[1, 2]]), tensor2d([[3]])]);   // [[1, 2, 3]]
 */
export class Concat extends Module<readonly Tensor[], Tensor, ConcatCache> {
  override readonly arity = 'list';
  override readonly hidesInfinity = false;

  forward(inputs: readonly Tensor[]): ForwardResult<Tensor, ConcatCache> {
    checkSameShape(this, inputs, 'all but the last');
    const shapes = inputs.map(({ shape }) => shape);
    return { output: concat([...inputs], -1), cache: { shapes } };
  }

  backpropToInput(gradOutput: Tensor, { shapes }: ConcatCache): Tensor[] {
    checkGradOutput(this, 'backpropToInput', gradOutput, outputShapeOf(shapes));
    const offsets = channelOffsets(shapes);
    return shapes.map((shape, k) => {
      const begin = shape.map((_, axis) => (axis === shape.length - 1 ? offsets[k] : 0));
      return slice(gradOutput, begin, [...shape]);
    });
  }

  override facts(inputs: readonly Shape[]): Facts {
    checkSameAxes(this, inputs, 'all but the last');
    const offsets = channelOffsets(inputs);
    return {
      outputShape: outputShapeOf(inputs),
      window: inputs.map((shape, k) =>
        samePositions(shape, ([first, last]) =>
          clampInterval([first - offsets[k], last - offsets[k]], channelsOf(shape)),
        ),
      ),
      multiplyAdds: 0,
    };
  }
}

function channelsOf(shape: Shape): number {
  return shape[shape.length - 1];
}

/** Returns o_k for each input k: the channel of the output where the input begins. */
function channelOffsets(shapes: readonly Shape[]): number[] {
  return shapes.map((_, k) => sumOfChannels(shapes.slice(0, k)));
}

function outputShapeOf(shapes: readonly Shape[]): Shape {
  return [...shapes[0].slice(0, -1), sumOfChannels(shapes)];
}

function sumOfChannels(shapes: readonly Shape[]): number {
  return shapes.reduce((sum, shape) => sum + channelsOf(shape), 0);
}
