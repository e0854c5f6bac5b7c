import type { BoxProbe, ParamValues } from './probe.ts';
import type { Ref } from './refs.ts';

/** A factor of a product: a number of the chain, or a derivative that the box computes. */
export interface Factor {
  readonly value: number;
  /** The address of the number; absent for a derivative. */
  readonly ref?: Ref;
  /** For an output of a box inside a container: the box and the element, such as `Tanh 1[0, 2]`. */
  readonly inside?: string;
  /**
   * The numbers of the chain from which a value without an address is computed; the page lights
   * them.
   */
  readonly reads?: readonly Ref[];
  /**
   * The words for a number without an address; by default they say that it is a derivative of the
   * box.
   */
  readonly name?: string;
}

/** One product of a sum. */
export type Term = readonly Factor[];

/** Makes factors from the inputs and the parameters of a box. */
export interface FactorsOf {
  input(part: number, index: number): Factor;
  param(name: string, index: number): Factor;
}

/** The largest number of outputs whose derivative is taken one by one. */
export const MOST = 128;

/** Makes a factor from one element of a box's input. */
export function inputFactor(
  { inputs }: BoxProbe,
  box: number,
  part: number,
  index: number,
): Factor {
  const ref = { kind: 'activation', place: box, part, index } as const;
  return { value: inputs[part].values[index], ref };
}

/** Makes a factor from one element of a box's parameter. */
export function paramFactor(params: ParamValues, box: number, name: string, index: number): Factor {
  return { value: params[name].values[index], ref: { kind: 'param', box, name, index } };
}

/** Adds up the products of the terms. */
export function sumOf(terms: readonly Term[]): number {
  return terms.reduce((sum, term) => sum + productOf(term), 0);
}

/** Multiplies the factors of a term. */
function productOf(term: Term): number {
  return term.reduce((product, { value }) => product * value, 1);
}

/** Whether two sums are equal but for rounding. */
export function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-10 * Math.max(1, Math.abs(b));
}
