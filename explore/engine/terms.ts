import type { BoxProbe, ParamValues } from './probe.ts';
import type { Ref } from './refs.ts';

/** A factor of a product. It is a number of the chain, or a derivative that a box computes. */
export interface Factor {
  readonly value: number;
  /** The address of the number. It is undefined for a derivative. */
  readonly ref?: Ref;
  /**
   * For the output of a box inside a container, the box and the element, such as `Tanh 1[0, 2]`.
   */
  readonly inside?: string;
  /**
   * For a value without an address, the numbers of the chain from which it is computed. The page
   * highlights them.
   */
  readonly reads?: readonly Ref[];
  /**
   * The description of a value without an address. By default it says that the value is a
   * derivative of the box.
   */
  readonly name?: string;
}

/** One product of a sum. */
export type Term = readonly Factor[];

/** Functions that make factors from the inputs and the parameters of a box. */
export interface FactorsOf {
  input(part: number, index: number): Factor;
  param(name: string, index: number): Factor;
}

/** The largest number of outputs whose derivatives are computed one by one. */
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

/** Returns whether two sums are equal, up to rounding. */
export function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-10 * Math.max(1, Math.abs(b));
}
