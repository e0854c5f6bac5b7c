import type { Shape } from '../../lib/facts.ts';
import type { AnyModule } from '../../lib/module.ts';
import { numElements } from '../../lib/shapes.ts';
import { BatchNorm } from '../../modules/batchNorm.ts';
import { Conv1D } from '../../modules/conv1d.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { Conv3D } from '../../modules/conv3d.ts';
import { ConvTranspose2D } from '../../modules/convTranspose2d.ts';
import { DepthwiseConv2D } from '../../modules/depthwiseConv2d.ts';
import { GroupNorm } from '../../modules/groupNorm.ts';
import { InstanceNorm } from '../../modules/instanceNorm.ts';
import { Linear } from '../../modules/linear.ts';
import { PReLU } from '../../modules/prelu.ts';
import type { BoxClass } from '../boxTable.ts';
import type { Stored } from '../safetensors/layout.ts';

/** The form that a parameter has in the file, without its name. */
export type StoredForm = Omit<Stored, 'name'>;

/**
 * Returns the form that a box's parameter has in the file.
 *
 * @param flattened the shape [H, W, C] that an example had before it was flattened to the box's
 *   input vector.
 */
export type Store = (box: AnyModule, name: string, shape: Shape, flattened?: Shape) => StoredForm;

/** A class of boxes, and the form that its parameters have in PyTorch. */
export interface TorchBox {
  readonly kind: BoxClass<unknown>;
  readonly entry: Store;
}

/**
 * Describes the form in which PyTorch stores the parameters of a class of boxes, for
 * `torchLayout(..., { boxes })`.
 *
 *     const scale = torchBox(Scale, (_box, _name, shape) => ({ shape }));
 */
export function torchBox<B>(
  kind: BoxClass<B>,
  store: (box: B, name: string, shape: Shape, flattened?: Shape) => StoredForm,
): TorchBox {
  return { kind, entry: (box, ...rest) => store(box as B, ...rest) };
}

/**
 * Returns the `store` of a box with a kernel: axis i of the kernel is axis order[i] in the file.
 * All other parameters of such a box are vectors.
 */
const kernel =
  (order: readonly number[]) =>
  (_box: unknown, name: string, shape: Shape): StoredForm =>
    name === 'weight'
      ? { shape: order.map((_, axis) => shape[order.indexOf(axis)]), order }
      : { shape };

/**
 * Returns the form of a vector with one value per channel. After a `Flatten`, it has one value per
 * element of the image.
 */
function vector(_box: unknown, _name: string, shape: Shape, flattened?: Shape): StoredForm {
  return shape.length === 1 ? flattenedAxis(shape, 0, flattened) : { shape };
}

/**
 * Returns the form of a parameter that has an axis over the elements of a flattened image. The axis
 * is [H·W·C] in boxprop and [C·H·W] in the file.
 */
function flattenedAxis(shape: Shape, axis: number, flattened: Shape | undefined): StoredForm {
  if (flattened === undefined) return { shape };
  const sizes = flattened.slice(0, -1);
  const channels = flattened[flattened.length - 1];
  if (sizes.length === 0 || numElements(flattened) !== shape[axis]) return { shape };
  const before = shape.slice(0, axis);
  return {
    shape,
    view: [...before, channels, ...sizes],
    order: [...before.map((_, i) => i), ...sizes.map((_, i) => axis + 1 + i), axis],
  };
}

/** The boxes that exist in PyTorch. */
export const TORCH_BOXES: readonly TorchBox[] = [
  torchBox(Conv1D, kernel([2, 1, 0])),
  torchBox(Conv2D, kernel([2, 3, 1, 0])),
  torchBox(Conv3D, kernel([2, 3, 4, 1, 0])),
  torchBox(ConvTranspose2D, kernel([2, 3, 1, 0])),
  torchBox(DepthwiseConv2D, (_box, name, shape) => {
    if (name !== 'weight') return { shape };
    const [height, width, channels, multiplier] = shape;
    const view = [channels, multiplier, height, width];
    return { shape: [channels * multiplier, 1, height, width], view, order: [2, 3, 0, 1] };
  }),
  torchBox(Linear, (_box, name, shape, flattened) =>
    name === 'weight' ? flattenedAxis(shape, 1, flattened) : { shape },
  ),
  torchBox(BatchNorm, vector),
  torchBox(GroupNorm, vector),
  torchBox(InstanceNorm, vector),
  torchBox(PReLU, vector),
];
