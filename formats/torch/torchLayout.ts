import type { Variable } from '@tensorflow/tfjs-core';
import { checkOptions, nameOf } from '../../lib/check.ts';
import { InputError, withPath } from '../../lib/errors.ts';
import type { Facts, Shape } from '../../lib/facts.ts';
import type { AnyModule } from '../../lib/module.ts';
import { propagate } from '../../lib/propagate.ts';
import { factsOf } from '../../lib/shapes.ts';
import { BoxTable } from '../boxTable.ts';
import type { Stored } from '../safetensors/layout.ts';
import type { FileLayout } from '../safetensors/fileLayout.ts';
import { TORCH_BOXES, type TorchBox } from './torchBoxes.ts';

/** Returns PyTorch's name for the i-th box with parameters, whose path in boxprop is `path`. */
export type Rename = (path: string, i: number) => string;

/** The options of `torchLayout`. */
export interface TorchLayoutOptions {
  /** Maps the path of a box to PyTorch's name; by default the name is the path. */
  readonly rename?: Rename;
  /** The forms that the parameters of your own boxes have in PyTorch; see `torchBox`. */
  readonly boxes?: readonly TorchBox[];
}

/**
 * Returns the names and forms in which PyTorch stores the parameters and buffers of a network.
 * Kernels are [out, in, height, width] in PyTorch, and `runningMean` is `running_mean`. PyTorch
 * flattens images with the channels first, and boxprop flattens them with the channels last.
 * Therefore the columns of the first `Linear` after a `Flatten` are in another order: [out, C·H·W]
 * in PyTorch and [out, H·W·C] in boxprop. PyTorch's counter `num_batches_tracked` is ignored,
 * because nothing depends on it.
 *
 * Errors: a box with parameters that does not exist in PyTorch; a box between a `Flatten` and a
 *         `Linear` that does not state its window, because the order of the columns is then
 *         unknown; those of a forward pass for an input of this shape.
 *
 *     const layout = torchLayout(network, [28, 28, 1], { rename: (path) => `features.${path}` });
 *     await loadWeights('weights.safetensors', network.params, layout);
 */
export function torchLayout(
  network: AnyModule,
  inputShape: Shape,
  options: TorchLayoutOptions = {},
): FileLayout {
  checkOptions('torchLayout', options, ['rename', 'boxes']);
  const { rename = (path) => path, boxes = [] } = options;
  const table = new BoxTable([...TORCH_BOXES, ...boxes]);
  const stored: Record<string, Stored> = {};
  const keys = new Map<Variable, string>(
    [network.params, network.buffers].flatMap((of) =>
      Object.entries(of).map(([key, param]) => [param, key]),
    ),
  );
  let count = 0;
  propagate<Value>(network, [{ shape: [1, ...inputShape] }], (box, inputs, path) => {
    const flattened = orderOf(inputs, path);
    const own = Object.entries({ ...box.params, ...box.buffers });
    const store = table.of(box);
    if (own.length > 0) {
      if (store === undefined) {
        throw new InputError(`${path}: expected a box that PyTorch has, got ${nameOf(box)}`);
      }
      if (flattened?.unknown !== undefined) {
        throw new InputError(
          `${path}: the order of the inputs is unknown behind ${flattened.unknown}, which states no window`,
        );
      }
      const prefix = rename(path, count++);
      for (const [name, param] of own) {
        const key = keys.get(param);
        // If a box is used in several places, its parameters are named after the first place.
        if (key === undefined || Object.hasOwn(stored, key)) continue;
        const form = withPath(path, () => store(box, name, param.shape, flattened?.shape));
        stored[key] = { name: `${prefix}.${snakeCase(name)}`, ...form };
      }
    }
    const shapes = inputs.map(({ shape }) => shape);
    const { outputShape, window } = withPath(path, () => factsOf(box, shapes));
    return { shape: outputShape, ...after(box, path, window, shapes, outputShape, flattened) };
  });
  return { stored, ignored: /\.num_batches_tracked$/ };
}

interface Value {
  readonly shape: Shape;
  /** The shape [H, W, C] that an example had before it was flattened to a vector. */
  readonly flattened?: Flattened;
}

/**
 * The shape of an example before it was flattened, or the box after which the order of the elements
 * is no longer known.
 */
type Flattened =
  | { readonly shape: Shape; readonly unknown?: undefined }
  | { readonly shape?: undefined; readonly unknown: string };

/**
 * Returns the order of the elements of a box's inputs. It is unknown if the orders of several
 * inputs differ.
 */
function orderOf(inputs: readonly Value[], path: string): Flattened | undefined {
  const [{ flattened }, ...others] = inputs;
  const key = (of: Flattened | undefined) => JSON.stringify(of ?? null);
  const isSame = others.every((other) => key(other.flattened) === key(flattened));
  return isSame ? flattened : { unknown: `the inputs of ${path}` };
}

/** Returns the order of the elements of a box's output. */
function after(
  box: AnyModule,
  path: string,
  window: Facts['window'],
  [input, ...others]: readonly Shape[],
  outputShape: Shape,
  flattened: Flattened | undefined,
): Pick<Value, 'flattened'> {
  if (outputShape.length !== 2) return {};
  const isImage = input.length > 2;
  const unknown = { flattened: { unknown: `${path} (${nameOf(box)})` } };
  if (window === undefined) return isImage || flattened !== undefined ? unknown : {};
  if (window === 'identity' && isImage) return { flattened: { shape: input.slice(1) } };
  if (flattened === undefined || window === 'global') return {};
  const keepsOrder = window === 'identity' || window === 'elementwise' || window === 'channels';
  return keepsOrder && others.every(({ length }) => length === 2) ? { flattened } : unknown;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
