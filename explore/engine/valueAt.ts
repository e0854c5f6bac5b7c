import type { Snapshot } from './snapshot.ts';
import type { Ref } from './refs.ts';

/** Returns the number at an address. */
export function valueAt(snapshot: Snapshot, ref: Ref): number {
  const { activations, gradients, boxes, loss, cost } = snapshot;
  switch (ref.kind) {
    case 'activation':
      return activations[ref.place][ref.part].values[ref.index];
    case 'gradient':
      return gradients[ref.place][ref.part].values[ref.index];
    case 'param':
      return boxes[ref.box].params[ref.name].values[ref.index];
    case 'gradParam':
      return boxes[ref.box].gradParams[ref.name].values[ref.index];
    case 'buffer':
      return boxes[ref.box].buffers[ref.name].values[ref.index];
    case 'nextBuffer':
      return boxes[ref.box].nextBuffers?.[ref.name].values[ref.index] ?? NaN;
    case 'target':
      return cost?.target.values[ref.index] ?? NaN;
    case 'loss':
      return loss;
  }
}
