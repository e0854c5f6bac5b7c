import type { ParamValues } from './probe.ts';
import type { Element, Value } from './values.ts';

/**
 * Codes are used to find out which elements a box multiplies with each other. Each element of a
 * list of tensors gets a different integer c as its value, so an integer c in the output of the box
 * shows on which element it depends. Two runs, one with c and one with c², distinguish a single
 * element from a sum of two, and both from a longer sum. For a longer sum, they can only confirm a
 * guess of its elements.
 */
export interface Codes {
  /** The tensors whose values are the codes c. */
  readonly once: readonly Value[];
  /** The tensors whose values are the squares c². */
  readonly squared: readonly Value[];
  /**
   * Returns the elements whose codes have the sum `once` and whose squared codes have the sum
   * `squared`; undefined if it finds no such elements.
   *
   * @param guess guesses the elements of a sum of more than two elements. It is called only for
   *   such a sum.
   */
  decode(
    once: number,
    squared: number,
    guess?: () => readonly Element[] | undefined,
  ): readonly Element[] | undefined;
}

/**
 * The first code. 0 and 1 are not used as codes, because a box may also return them for other
 * reasons.
 */
const FIRST = 2;

/** Assigns a code to each element of these tensors. */
export function codesFor(tensors: readonly Value[]): Codes {
  let next = FIRST;
  const starts: number[] = [];
  const once = tensors.map(({ shape, values }) => {
    starts.push(next);
    return { shape, values: Float64Array.from(values, () => next++) };
  });
  const squared = once.map(({ shape, values }) => ({ shape, values: values.map((c) => c * c) }));
  const locate = (code: number) => {
    const tensor = starts.filter((start) => code >= start).length - 1;
    return tensor < 0 || code >= next ? undefined : ([tensor, code - starts[tensor]] as const);
  };
  const decodeFew = (sum: number, sumOfSquares: number): readonly Element[] | undefined => {
    if (sum * sum === sumOfSquares) {
      const found = locate(sum);
      return found && [found];
    }
    // From a + b = s and a² + b² = q it follows that (a − b)² = 2q − s².
    const difference = Math.sqrt(2 * sumOfSquares - sum * sum);
    if (!Number.isInteger(difference)) return undefined;
    const [a, b] = [locate((sum - difference) / 2), locate((sum + difference) / 2)];
    return a && b && Number.isInteger((sum + difference) / 2) ? [a, b] : undefined;
  };
  const total = (tensors: readonly Value[], elements: readonly Element[]) =>
    elements.reduce((sum, [tensor, index]) => sum + tensors[tensor].values[index], 0);
  const decode: Codes['decode'] = (sum, sumOfSquares, guess) => {
    if (!Number.isInteger(sum) || !Number.isInteger(sumOfSquares)) return undefined;
    const few = decodeFew(sum, sumOfSquares);
    if (few !== undefined) return few;
    const many = guess?.();
    if (many === undefined || total(once, many) !== sum) return undefined;
    return total(squared, many) === sumOfSquares ? many : undefined;
  };
  return { once, squared, decode };
}

/** Returns parameters that have the names of `params` but other values, in the same order. */
export function named(params: ParamValues, values: readonly Value[]): ParamValues {
  return Object.fromEntries(Object.keys(params).map((name, i) => [name, values[i]]));
}
