import type { Shape } from '../../lib/facts.ts';
import type { AnyModule } from '../../lib/module.ts';
import { numElements } from '../../lib/shapes.ts';
import { BatchNorm } from '../../modules/batchNorm.ts';
import { Conv1D } from '../../modules/conv1d.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { ConvTranspose2D } from '../../modules/convTranspose2d.ts';
import { DepthwiseConv2D } from '../../modules/depthwiseConv2d.ts';
import { GroupNorm } from '../../modules/groupNorm.ts';
import { InstanceNorm } from '../../modules/instanceNorm.ts';
import { Linear } from '../../modules/linear.ts';
import { PReLU } from '../../modules/prelu.ts';
import type { BoxClass } from '../boxTable.ts';
import type { Stored } from '../safetensors/layout.ts';

/** How the file holds a parameter, apart from its name. */
export type StoredForm = Omit<Stored, 'name'>;

/**
 * The form in the file of a parameter of a box.
 *
 * @param flattened the shape [H, W, C] of an example before it became the vector that the box
 *   takes.
 */
export type Store = (box: AnyModule, name: string, shape: Shape, flattened?: Shape) => StoredForm;

/** How PyTorch holds the parameters of one class of boxes. */
export interface TorchBox {
  readonly kind: BoxClass<unknown>;
  readonly entry: Store;
}

/**
 * States how PyTorch holds the parameters of a class of boxes, for `torchLayout(..., { boxes })`.
 *
 *     const scale = torchBox(Scale, (_box, _name, shape) => ({ shape }));
 */
export function torchBox<B>(
  kind: BoxClass<B>,
  store: (box: B, name: string, shape: Shape, flattened?: Shape) => StoredForm,
): TorchBox {
  return { kind, entry: (box, ...rest) => store(box as B, ...rest) };
}

/** A kernel whose axis i is axis order[i] in the file; other parameters are vectors. */
const kernel =
  (order: readonly number[]) =>
  (_box: unknown, name: string, shape: Shape): StoredForm =>
    name === 'weight'
      ? { shape: order.map((_, axis) => shape[order.indexOf(axis)]), order }
      : { shape };

/** One value per channel; behind a `Flatten`, one per element of the image. */
function vector(_box: unknown, _name: string, shape: Shape, flattened?: Shape): StoredForm {
  return shape.length === 1 ? flattenedAxis(shape, 0, flattened) : { shape };
}

/**
 * A parameter whose axis runs over the elements of a flattened image: [H·W·C] here, [C·H·W] in the
 * file.
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

/** The boxes that PyTorch has. */
export const TORCH_BOXES: readonly TorchBox[] = [
  torchBox(Conv1D, kernel([2, 1, 0])),
  torchBox(Conv2D, kernel([2, 3, 1, 0])),
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
