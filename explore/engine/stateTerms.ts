import type { Microscope } from './microscope.ts';
import type { Ref } from './refs.ts';
import { MOST, type Term } from './terms.ts';

/** The location of a number in the state of a box. */
interface StatePlace {
  readonly box: number;
  readonly name: string;
  readonly index: number;
}

/**
 * Returns the products whose sum is a number of the state after a batch: a part of the number
 * before the batch, and the contribution of the batch.
 *
 *   next = a · running + b, with a and b found by an update of other running numbers
 */
export function ofState(microscope: Microscope, { box, name, index }: StatePlace): Term[] {
  const now: Ref = { kind: 'buffer', box, name, index };
  const next: Ref = { kind: 'nextBuffer', box, name, index };
  const [before, value] = [microscope.read(now), microscope.read(next)];
  const readWith = (changed: Ref, element: number) => {
    const kept = microscope.read(changed);
    microscope.write(changed, element);
    try {
      return microscope.read(next);
    } finally {
      microscope.write(changed, kept);
    }
  };
  const share = readWith(now, before + 1) - value;
  const inputs = microscope.snapshot().activations[box];
  const places = inputs.flatMap(({ values }, part) =>
    Array.from(values, (_, at): Ref => ({ kind: 'activation', place: box, part, index: at })),
  );
  // To find out whether the state depends on a number, the number is changed. Only inputs of the
  // chain can be changed.
  const reads =
    box > 0 || places.length > MOST
      ? []
      : places.filter((x) => readWith(x, microscope.read(x) + 0.5) !== value);
  const batch = value - share * before;
  return [
    [
      { value: share, name: 'the share that is kept' },
      { value: before, ref: now },
    ],
    [{ value: batch, name: 'the share of this batch', reads }],
  ];
}
