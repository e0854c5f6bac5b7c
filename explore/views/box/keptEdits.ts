import { coordinates, flatIndex } from '../../../lib/coordinates.ts';
import type { Edits } from '../../engine/openBox.ts';
import { refKey } from '../../engine/refs.ts';

/** The part of a box that a reader changes in the form. */
export type Change =
  | { readonly kind: 'options' | 'args' }
  | {
      readonly kind: 'shapes';
      readonly from: readonly (readonly number[])[];
      readonly to: readonly (readonly number[])[];
    };

/** The numbers of the reader that a changed box still has, as the address holds them. */
export interface Kept {
  /** Undefined if there are none. */
  readonly edits: string | undefined;
  /** The number of edits whose tensor has another shape now. */
  readonly dropped: number;
}

/**
 * Finds out which numbers of the reader a changed box still has. Inputs stay at their coordinates,
 * and weights stay unless the arguments change, which may be their sizes. A given ∂C/∂x_out has
 * another shape.
 */
export function keptEdits(edits: Edits, change: Change): Kept {
  const kept = edits.flatMap(([ref, value]): Edits => {
    if (ref.kind === 'param' || ref.kind === 'buffer')
      return change.kind === 'args' ? [] : [[ref, value]];
    if (ref.kind === 'target') return change.kind === 'shapes' ? [] : [[ref, value]];
    if (ref.kind !== 'activation') return [];
    if (change.kind !== 'shapes') return [[ref, value]];
    const [from, to] = [change.from[ref.part], change.to[ref.part]];
    if (from?.length !== to?.length) return [];
    const at = coordinates(ref.index, from);
    const fits = at.every((place, axis) => place < to[axis]);
    return fits ? [[{ ...ref, index: flatIndex(at, to) }, value]] : [];
  });
  const text = kept.map(([ref, value]) => `${refKey(ref)} ${value}`).join(',');
  return { edits: text || undefined, dropped: edits.length - kept.length };
}
