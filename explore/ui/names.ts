import type { Snapshot } from '../engine/snapshot.ts';
import type { Ref } from '../engine/refs.ts';
import { position } from './format.ts';

/**
 * Returns the name of the values at a place: x_in, x_1, ..., x_out. If the chain consists only of a
 * cost, the name is x.
 */
export function placeName(place: number, last: number): string {
  if (last === 0) return 'x';
  if (place === 0) return 'x_in';
  return place === last ? 'x_out' : `x_${place}`;
}

/** Returns the name of a number: its tensor and position, or the name of the weight. */
export function nameOf(ref: Ref, { activations, boxes, cost }: Snapshot): string {
  switch (ref.kind) {
    case 'activation':
    case 'gradient': {
      const name = placeName(ref.place, boxes.length);
      const { shape } = activations[ref.place][ref.part];
      return `${ref.kind === 'gradient' ? '∂C/∂' : ''}${name}${position(ref.index, shape)}`;
    }
    case 'param':
    case 'gradParam': {
      const { params, names } = boxes[ref.box];
      const tensor = ref.name === 'weight' ? 'w' : ref.name;
      const name =
        names?.[ref.name]?.[ref.index] ?? `${tensor}${position(ref.index, params[ref.name].shape)}`;
      return `${ref.kind === 'gradParam' ? '∂C/∂' : ''}${name}`;
    }
    case 'buffer':
    case 'nextBuffer': {
      const at = position(ref.index, boxes[ref.box].buffers[ref.name].shape);
      return `${ref.kind === 'nextBuffer' ? 'next ' : ''}${ref.name}${at}`;
    }
    case 'target':
      return `y${position(ref.index, cost?.target.shape ?? [])}`;
    case 'loss':
      return 'C';
  }
}
