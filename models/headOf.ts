import { zeros, type Initializer } from '../lib/init/initializers.ts';
import type { AnyModule } from '../lib/module.ts';
import { storedAs } from '../formats/safetensors/fileLayout.ts';
import { withoutWrapper } from '../formats/safetensors/wrapperPrefix.ts';
import { layoutOf, type LayoutOptions, type WeightsHeader } from './loadTrainedNetwork.ts';

/** The options of `headOf`. */
export interface HeadOptions extends LayoutOptions {
  /** The header of the weights file. */
  readonly header: WeightsHeader;
  /** Builds the network for a number of classes. */
  readonly build: (options: {
    classes: number;
    init: Initializer;
  }) => AnyModule | Promise<AnyModule>;
}

/** The part of a network whose shape depends on the number of classes. */
export interface Head {
  /** The names of its parameters, such as `fc.weight` and `fc.bias`. */
  readonly names: readonly string[];
  /**
   * The number of classes of the file, by the shapes of these parameters there; undefined if the
   * file lacks them or if they do not agree.
   */
  readonly classes: number | undefined;
}

/**
 * Finds the head of a network, and the number of classes for which a weights file was trained. A
 * parameter belongs to the head if its shape differs between the network for 2 and for 3 classes:
 * it grows by a fixed size per class, so its shape in the file tells the number of classes.
 *
 *     const { names, classes } = await headOf({ header, build, inputShape: [224, 224, 3] });
 */
export async function headOf({ header, build, ...options }: HeadOptions): Promise<Head> {
  const storedFor = async (classes: number) => {
    const network = await build({ classes, init: zeros });
    const tensors = { ...network.params, ...network.buffers };
    const { layout } = layoutOf(header, network, options);
    const stored = Object.entries(tensors).map(
      ([key, tensor]) => [key, storedAs(key, tensor, layout)] as const,
    );
    network.dispose();
    return new Map(stored);
  };
  const [two, three] = [await storedFor(2), await storedFor(3)];
  const names: string[] = [];
  const found = new Set<number | undefined>();
  const all = [...two.values()].map((stored) => stored.name);
  const { entries } = withoutWrapper(header.entries, all);
  for (const [key, { name: inFile, shape }] of two) {
    const larger = three.get(key)?.shape ?? shape;
    const axis = shape.findIndex((size, i) => size !== larger[i]);
    if (axis < 0) continue;
    names.push(key);
    const size = entries.get(inFile)?.shape[axis];
    const perClass = larger[axis] - shape[axis];
    found.add(size === undefined ? undefined : 2 + (size - shape[axis]) / perClass);
  }
  const [classes] = found;
  const isKnown = found.size === 1 && Number.isSafeInteger(classes) && Number(classes) > 0;
  return { names, classes: isKnown ? classes : undefined };
}
