import type { Shape, InputWindow } from '../../lib/facts.ts';
import { windowAt } from '../../lib/window.ts';

/**
 * The part of the network's input that one value depends on, per axis of the image: `size`
 * positions. Two neighbours are `jump` positions of the input apart, and there are `places` of
 * them.
 */
export interface ReceptiveField {
  readonly size: readonly number[];
  readonly jump: readonly number[];
  readonly places: readonly number[];
}

/** The field of the network's input itself, [height, width, C] or [L, C]. */
export function inputField(inputShape: Shape): ReceptiveField {
  const places = inputShape.slice(0, -1);
  return { size: places.map(() => 1), jump: places.map(() => 1), places };
}

/**
 * The receptive field behind a box. A window of K positions with stride s over values that lie j
 * apart sees j (K − 1) positions more, and its outputs lie j s apart. This is the reach of the
 * windows' weights, so it may exceed the image, because padding counts. Statistics that a
 * normalization takes over the whole image do not count.
 *
 * Source: Araujo, Norris, Sim 2019, "Computing receptive fields of convolutional neural networks",
 *         Distill.
 * @returns undefined if the field of an input or the window of the box is unknown.
 */
export function fieldAfter(
  window: InputWindow | readonly InputWindow[] | undefined,
  inputs: readonly (ReceptiveField | undefined)[],
  outputShape: Shape,
): ReceptiveField | undefined {
  const fields = inputs.filter((field) => field !== undefined);
  if (window === undefined || fields.length < inputs.length) return undefined;
  const seen = fields.map((field, k) => through(windowAt(window, k), field));
  const [{ jump, places }] = seen;
  const size = jump.map((_, axis) => Math.max(...seen.map((field) => field.size[axis])));
  // The batch and the channels have an axis each; a vector has kept its places for the next Linear.
  const isImage = outputShape.length === jump.length + 2;
  return { size, jump, places: isImage ? outputShape.slice(1, -1) : places };
}

function through(window: InputWindow, { size, jump, places }: ReceptiveField): ReceptiveField {
  if (window === 'global' || window === 'globalPerChannel') {
    return {
      size: size.map((cells, axis) => cells + (places[axis] - 1) * jump[axis]),
      jump,
      places: places.map(() => 1),
    };
  }
  if (typeof window === 'string') return { size, jump, places };
  return {
    size: size.map((cells, axis) => cells + (window.axes[axis].size - 1) * jump[axis]),
    jump: jump.map((cells, axis) => cells * window.axes[axis].step),
    places,
  };
}
