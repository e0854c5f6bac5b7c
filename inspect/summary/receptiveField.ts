import type { Shape, InputWindow } from '../../lib/facts.ts';
import { windowAt } from '../../lib/window.ts';

/**
 * The part of the network's input on which one value of a box's output depends, per axis of the
 * image. It has `size` positions. The fields of neighbouring values start `jump` positions apart,
 * and the output has `places` values along the axis.
 */
export interface ReceptiveField {
  readonly size: readonly number[];
  readonly jump: readonly number[];
  readonly places: readonly number[];
}

/**
 * The receptive field of a value of the network's input, which has the shape [height, width, C] or
 * [L, C].
 */
export function inputField(inputShape: Shape): ReceptiveField {
  const places = inputShape.slice(0, -1);
  return { size: places.map(() => 1), jump: places.map(() => 1), places };
}

/**
 * The receptive field after a box. If the values before the box are j positions apart, a window of
 * K values with stride s adds j (K − 1) positions to the size, and its outputs are j s positions
 * apart. The size may exceed the image, because padding counts. Statistics that a normalization
 * computes over the whole image do not count.
 *
 * Source: Araujo, Norris, Sim 2019, "Computing receptive fields of convolutional neural networks",
 *         Distill.
 * @returns undefined if the receptive field of an input or the window of the box is unknown.
 */
export function fieldAfter(
  window: InputWindow | readonly InputWindow[] | undefined,
  inputs: readonly (ReceptiveField | undefined)[],
  outputShape: Shape,
): ReceptiveField | undefined {
  const fields = inputs.filter((field) => field !== undefined);
  if (window === undefined || fields.length < inputs.length) return undefined;
  const seen = fields.map((field, k) => through(windowAt(window, k), field));
  const [{ places }] = seen;
  const largest = (of: 'size' | 'jump') =>
    seen[0][of].map((_, axis) => Math.max(...seen.map((field) => field[of][axis])));
  // The outputs are as far apart as those of the inputs that are not repeated.
  const [size, jump] = [largest('size'), largest('jump')];
  // An image has two more axes: the batch and the channels. A vector keeps the places of the image
  // before it, because the next Linear depends on all of them.
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
