import { RBF } from '../modules/historic/rbf.ts';
import { SCell } from '../modules/historic/sCell.ts';
import { TableConv2D } from '../modules/historic/tableConv2d.ts';
import { Tensor, zeros } from '@tensorflow/tfjs-core';
import { Conv1D } from '../modules/conv1d.ts';
import { Conv2D } from '../modules/conv2d.ts';
import { ConvTranspose2D } from '../modules/convTranspose2d.ts';
import { DepthwiseConv2D } from '../modules/depthwiseConv2d.ts';
import { Linear } from '../modules/linear.ts';
import { LocallyConnected1D } from '../modules/locallyConnected1d.ts';
import { LocallyConnected2D } from '../modules/locallyConnected2d.ts';
import { nameOf } from './check.ts';
import { BoxError, show } from './errors.ts';
import { convGeometry } from './geometry.ts';
import { numElements } from './init/initializers.ts';
import { tidy } from './memory.ts';
import type { AnyModule } from './propagate.ts';

/**
 * The shape that a box gives for inputs of these shapes. The convolutions, whose forward is what takes long, say it
 * themselves; every other box is asked, by a forward of zeros.
 *
 * Errors: those of the boxes.
 */
export function shapeAfter(
  box: AnyModule,
  inputShapes: readonly (readonly number[])[],
): readonly number[] {
  const [shape] = inputShapes;
  const [batch, ...sizes] = shape;
  if (box instanceof Conv2D && sizes.length === 3 && sizes[2] === box.inChannels) {
    const { height, width } = convGeometry(box, sizes[0], sizes[1], box);
    return [batch, height.output, width.output, box.outChannels];
  }
  if (box instanceof Linear && sizes.length === 1 && sizes[0] === box.inFeatures) {
    return [batch, box.outFeatures];
  }
  return tidy((): readonly number[] => {
    const tensors = inputShapes.map((of) => zeros([...of]));
    const input = box.arity === 'list' ? tensors : tensors[0];
    const output = box.infer(input);
    if (!isTensor(output)) {
      throw new BoxError([`${nameOf(box)}.infer`], `expected one tensor, got ${show(output)}`);
    }
    return output.shape;
  });
}

/** How many products a box adds up for one example: each weight as often as it is used. Other arithmetic is not counted. */
export function multiplyAdds(
  box: AnyModule,
  inputShape: readonly number[],
  outputShape: readonly number[],
) {
  const { weight } = box.params;
  const everywhere = [Conv1D, Conv2D, DepthwiseConv2D, TableConv2D, SCell].some(
    (kind) => box instanceof kind,
  );
  if (everywhere) {
    return numElements(outputShape.slice(1, -1)) * weight.size;
  }
  if (box instanceof ConvTranspose2D) return numElements(inputShape.slice(1, -1)) * weight.size;
  if (box instanceof RBF) return box.inFeatures * box.outFeatures;
  const once =
    box instanceof Linear || box instanceof LocallyConnected1D || box instanceof LocallyConnected2D;
  return once ? weight.size : 0;
}

function isTensor(value: unknown): value is Tensor {
  return value instanceof Tensor;
}
