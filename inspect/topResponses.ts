/** One response of a unit. */
export interface PlacedResponse {
  /** The index of the example. */
  readonly example: number;
  /** The position in the output of the box, numbered in row-major order. */
  readonly place: number;
  readonly response: number;
}

/** The options of `topResponses`. */
export interface TopResponsesOptions {
  /** The index of the unit. */
  readonly unit: number;
  /** The number of units of the box. */
  readonly units: number;
  /** The indices of the examples in the batch. */
  readonly examples: Int32Array;
  /** The largest number of responses that are kept per example. */
  readonly perExample: number;
}

/**
 * Finds the largest responses of one unit to each example of a batch, and the unit's smallest
 * response in the batch. NaN is ignored.
 *
 * Shapes: responses [examples, places, units].
 */
export function topResponses(
  responses: ArrayLike<number>,
  { unit, units, examples, perExample }: TopResponsesOptions,
): { top: PlacedResponse[]; least: number } {
  const places = responses.length / units / examples.length;
  let least = Infinity;
  const top = Array.from(examples).flatMap((example, n) => {
    let best: PlacedResponse[] = [];
    for (let place = 0; place < places; place++) {
      const response = responses[(n * places + place) * units + unit];
      least = response < least ? response : least;
      const last = best.at(-1);
      const enters = best.length < perExample || (last !== undefined && response > last.response);
      if (enters && !Number.isNaN(response))
        best = mergeTop(best, [{ example, place, response }], perExample);
    }
    return best;
  });
  return { top, least };
}

/**
 * Returns the `count` largest responses of both lists, largest first. Equal responses keep their
 * order.
 */
export function mergeTop(
  earlier: readonly PlacedResponse[],
  later: readonly PlacedResponse[],
  count: number,
): PlacedResponse[] {
  return [...earlier, ...later].sort((a, b) => b.response - a.response).slice(0, count);
}
