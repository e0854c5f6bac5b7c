/** What a unit gives for a record at a place, which is numbered row by row. */
export interface Answer {
  readonly example: number;
  readonly place: number;
  readonly response: number;
}

/**
 * The largest responses of one unit to each record of a batch, at most `perRecord` of each, and the
 * smallest of all. NaN is no response.
 *
 * @param responses [records, places, units].
 */
export function answersOf(
  responses: ArrayLike<number>,
  unit: number,
  units: number,
  records: Int32Array,
  perRecord: number,
): { top: Answer[]; least: number } {
  const places = responses.length / units / records.length;
  let least = Infinity;
  const top = Array.from(records).flatMap((record, n) => {
    let best: Answer[] = [];
    for (let place = 0; place < places; place++) {
      const response = responses[(n * places + place) * units + unit];
      least = response < least ? response : least;
      const last = best.at(-1);
      const enters = best.length < perRecord || (last !== undefined && response > last.response);
      if (enters && !Number.isNaN(response))
        best = better(best, [{ example: record, place, response }], perRecord);
    }
    return best;
  });
  return { top, least };
}

/** The first `count` of both, the largest first; among equals those that came earlier. */
export function better(
  earlier: readonly Answer[],
  later: readonly Answer[],
  count: number,
): Answer[] {
  return [...earlier, ...later].sort((a, b) => b.response - a.response).slice(0, count);
}
