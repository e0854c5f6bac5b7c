import type { ParamValues } from './probe.ts';
import type { Value } from './values.ts';

/**
 * Codes find out which elements a box multiplies with each other. Each element of a list of tensors
 * gets an integer as its value; where a result of the box shows that integer, it shows the element.
 * Two rounds, with c and with c², tell apart an element from a sum of two elements, and a sum of two
 * from all others.
 */
export interface Codes {
  /** The tensors with c as values. */
  readonly once: readonly Value[];
  /** The tensors with c² as values. */
  readonly squared: readonly Value[];
  /**
   * Returns the elements, as [tensor, index], whose codes add up to the two results; undefined if
   * there are more than two or none.
   */
  decode(
    once: number,
    squared: number,
  ): readonly (readonly [tensor: number, index: number])[] | undefined;
}

/** The first code; 0 and 1 are the results of elements that take no part. */
const FIRST = 2;

/** Gives a code to each element of these tensors. */
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
  const decode = (sum: number, sumOfSquares: number) => {
    if (!Number.isInteger(sum) || !Number.isInteger(sumOfSquares)) return undefined;
    if (sum * sum === sumOfSquares) {
      const found = locate(sum);
      return found && [found];
    }
    // a + b = s and a² + b² = q give (a − b)² = 2q − s².
    const difference = Math.sqrt(2 * sumOfSquares - sum * sum);
    if (!Number.isInteger(difference)) return undefined;
    const [a, b] = [locate((sum + difference) / 2), locate((sum - difference) / 2)];
    return a && b && Number.isInteger((sum + difference) / 2) ? [a, b] : undefined;
  };
  return { once, squared, decode };
}

/** The parameters of a box with other values, in the order of their names. */
export function named(params: ParamValues, values: readonly Value[]): ParamValues {
  return Object.fromEntries(Object.keys(params).map((name, i) => [name, values[i]]));
}
