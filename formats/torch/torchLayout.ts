import type { Variable } from '@tensorflow/tfjs-core';
import { BatchNorm } from '../../modules/batchNorm.ts';
import { Conv1D } from '../../modules/conv1d.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { ConvTranspose2D } from '../../modules/convTranspose2d.ts';
import { DepthwiseConv2D } from '../../modules/depthwiseConv2d.ts';
import { Dropout } from '../../modules/dropout.ts';
import { Flatten } from '../../modules/flatten.ts';
import { GroupNorm } from '../../modules/groupNorm.ts';
import { InstanceNorm } from '../../modules/instanceNorm.ts';
import { Linear } from '../../modules/linear.ts';
import { PReLU } from '../../modules/prelu.ts';
import { nameOf } from '../../lib/check.ts';
import { InputError } from '../../lib/errors.ts';
import { numElements } from '../../lib/init/initializers.ts';
import { withOptionalPath, propagate, type AnyModule } from '../../lib/propagate.ts';
import { shapeAfter } from '../../lib/shapes.ts';
import { isPointwise } from '../../inspect/summary/describe.ts';
import type { Stored } from '../safetensors/layout.ts';
import type { FileLayout } from '../safetensors/weights.ts';

/** The name that PyTorch has for the i-th box with parameters, whose path here is `path`. */
export type Rename = (path: string, i: number) => string;

/**
 * How PyTorch holds the parameters and buffers of a network: kernels as [out, in, height, width], `running_mean` for
 * `runningMean`. PyTorch flattens images with the channels first, boxprop with the channels last: so the first `Linear`
 * behind a `Flatten` has its columns in another order, [out, C·H·W] there and [out, H·W·C] here. `num_batches_tracked`
 * is left out: it counts, and nothing depends on it.
 *
 * Errors: a box with parameters that is none of PyTorch's; those of a forward of an input of this shape.
 */
export function torchLayout(
  network: AnyModule,
  inputShape: readonly number[],
  rename: Rename = (path) => path,
): FileLayout {
  const stored: Record<string, Stored> = {};
  const keys = new Map<Variable, string>(
    [network.params, network.buffers].flatMap((of) =>
      Object.entries(of).map(([key, param]) => [param, key]),
    ),
  );
  let boxes = 0;
  const image: Value = { shape: [1, ...inputShape] };
  propagate(network, [image], (box, inputs, path): Value => {
    const [{ flattened }] = inputs;
    const own = Object.entries({ ...box.params, ...box.buffers });
    if (own.length > 0) {
      const prefix = rename(path, boxes++);
      for (const [name, param] of own) {
        const key = keys.get(param);
        // A box that stands in several places has its parameters under the first.
        if (key === undefined || Object.hasOwn(stored, key)) continue;
        stored[key] = storedAs(box, path, `${prefix}.${snakeCase(name)}`, param, flattened);
      }
    }
    const shape = withOptionalPath(path, () => shapeAfter(box, inputs.map((input) => input.shape))); // prettier-ignore
    const [, ...sizes] = inputs[0].shape;
    if (box instanceof Flatten) return { shape, flattened: sizes };
    const kept = flattened !== undefined && (isPointwise(box) || box instanceof Dropout);
    return kept ? { shape, flattened } : { shape };
  });
  return { stored, ignored: /\.num_batches_tracked$/ };
}

interface Value {
  readonly shape: readonly number[];
  /** What the numbers of an example were before they became a row: [H, W, C]. */
  readonly flattened?: readonly number[];
}

function storedAs(
  box: AnyModule,
  path: string,
  name: string,
  { shape }: Variable,
  flattened: readonly number[] | undefined,
): Stored {
  const inOrder = (order: readonly number[]): Stored => {
    // Axis i of the variable is axis order[i] in the file.
    const sizes = order.map((_, axis) => shape[order.indexOf(axis)]);
    return { name, shape: sizes, order };
  };
  const isKernel = name.endsWith('.weight');
  if (isKernel && box instanceof Conv2D) return inOrder([2, 3, 1, 0]);
  if (isKernel && box instanceof Conv1D) return inOrder([2, 1, 0]);
  if (isKernel && box instanceof ConvTranspose2D) return inOrder([2, 3, 1, 0]);
  if (isKernel && box instanceof DepthwiseConv2D) {
    const [height, width, channels, multiplier] = shape;
    const view = [channels, multiplier, height, width];
    return { name, shape: [channels * multiplier, 1, height, width], view, order: [2, 3, 0, 1] };
  }
  if (isKernel && box instanceof Linear && flattened !== undefined && flattened.length > 1) {
    const sizes = flattened.slice(0, -1);
    const view = [shape[0], flattened[flattened.length - 1], ...sizes];
    if (numElements(view) === numElements(shape)) {
      return { name, shape, view, order: [0, ...sizes.map((_, axis) => axis + 2), 1] };
    }
  }
  if (
    ![Conv1D, Conv2D, ConvTranspose2D, DepthwiseConv2D, Linear, ...LISTS].some(
      (kind) => box instanceof kind,
    )
  ) {
    throw new InputError(`${path}: expected a box that PyTorch has, got ${nameOf(box)}`);
  }
  return { name, shape };
}

/** Boxes whose parameters are lists of one number a channel. */
const LISTS = [BatchNorm, GroupNorm, InstanceNorm, PReLU];

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
