import { coordinates, flatIndex } from '../../../lib/coordinates.ts';
import type { Edits } from '../../engine/openBox.ts';
import { refKey } from '../../engine/refs.ts';

/** The part of a box that the reader changes in the form. */
export type Change =
  | { readonly kind: 'options' | 'args' }
  | {
      readonly kind: 'shapes';
      readonly from: readonly (readonly number[])[];
      readonly to: readonly (readonly number[])[];
    };

/** The edits that are still valid after a box has changed. */
export interface Kept {
  /** The edits as text for the address, or undefined if there are none. */
  readonly edits: string | undefined;
  /** The number of edits that are no longer valid. */
  readonly dropped: number;
}

/**
 * Determines which edits are still valid after a box has changed. Edits of inputs keep their
 * coordinates. Edits of weights are dropped if the arguments change, because the weights may then
 * have other sizes. Edits of targets are dropped if the shapes change. Edits of ∂C/∂x_out are
 * always dropped.
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
