import type { Arrow } from '../plugins/boxDoc.ts';
import { CostProbe } from './costProducts.ts';
import { ofGradInput, ofGradParam } from './gradientTerms.ts';
import { boxInside } from './inside.ts';
import type { Microscope } from './microscope.ts';
import { BoxProbe } from './probe.ts';
import { outputTerms } from './outputTerms.ts';
import type { Ref } from './refs.ts';
import { ofState } from './stateTerms.ts';
import { inputFactor, MOST, paramFactor, sumOf, type Term } from './terms.ts';

/** Explains how a number is computed. */
export interface Products {
  /**
   * The index of the box that computes the number. The cost has the index after that of the last
   * box.
   */
  readonly box: number;
  /**
   * The method that computes the number. It is undefined for the state of a box, which is updated
   * by none of the three methods.
   */
  readonly arrow?: Arrow;
  /**
   * If `isSum` is true, the products whose sum is the number. Otherwise the number is some other
   * function, such as a tanh, and these are the numbers that it reads.
   */
  readonly terms: readonly Term[];
  readonly isSum: boolean;
  readonly value: number;
  /** The sum of the products, if it differs from `value` because a box is wrong. */
  readonly sum?: number;
}

/**
 * Finds the products whose sum is a number. It runs the box's own three methods on inputs and
 * weights that reveal the products. It does not depend on which box it is.
 *
 *   x_out[i]      = Σ_j w x_in[j] + b
 *   ∂C/∂x_in[j]   = Σ_i ∂C/∂x_out[i] · ∂x_out[i]/∂x_in[j]
 *   ∂C/∂w[k]      = Σ_i ∂C/∂x_out[i] · ∂x_out[i]/∂w[k]
 *   C             = Σ_n a_n C_n, and so for ∂C/∂x of the cost
 *
 * @returns undefined for a number that no box computes, such as an input, a weight or a target.
 */
export function productsOf(microscope: Microscope, ref: Ref): Products | undefined {
  const last = microscope.boxes.length;
  const value = microscope.read(ref);
  if (microscope.cost && (ref.kind === 'loss' || (ref.kind === 'gradient' && ref.place === last))) {
    const probe = new CostProbe(microscope, microscope.cost);
    if (ref.kind === 'loss') return { box: last, arrow: 'forward', ...probe.ofLoss(), value };
    const terms = probe.ofGradient(ref.index);
    return terms && { box: last, arrow: 'backpropToInput', terms, isSum: true, value };
  }
  if (ref.kind === 'activation' && ref.place > 0) {
    const box = ref.place - 1;
    const sum = ofOutput(microscope, box, ref.index);
    return { box, arrow: 'forward', ...sum, value };
  }
  if (ref.kind === 'gradient' && ref.place < last) {
    const { place, part, index } = ref;
    const terms = ofGradInput(microscope, place, part, index, value);
    return {
      box: place,
      arrow: 'backpropToInput',
      terms,
      isSum: true,
      value,
      ...other(terms, value),
    };
  }
  if (ref.kind === 'gradParam') {
    const { box, name, index } = ref;
    const terms = ofGradParam(microscope, box, name, index, value);
    return { box, arrow: 'backpropToParams', terms, isSum: true, value, ...other(terms, value) };
  }
  if (ref.kind === 'nextBuffer') {
    return { box: ref.box, terms: ofState(microscope, ref), isSum: true, value };
  }
  return undefined;
}

/**
 * Returns the products whose sum is x_out[i]. For a container, they are those of the inner box that
 * computes the container's output.
 */
function ofOutput(microscope: Microscope, box: number, i: number) {
  const probe = BoxProbe.at(microscope, box);
  const own = outputTerms(probe, i, {
    input: (part, index) => inputFactor(probe, box, part, index),
    param: (name, index) => paramFactor(probe.params, box, name, index),
  });
  if (own.isSum) return own;
  const inside = boxInside(microscope, box);
  const inner = inside && outputTerms(inside.probe, i, inside.factors);
  if (!inner?.isSum) return own;
  // The figure does not show the values inside a container, so the numbers on which they depend are
  // highlighted.
  const reads = own.terms.flat().flatMap(({ ref }) => ref ?? []);
  const terms = inner.terms.map((term) =>
    term.map((factor) => (factor.inside ? { ...factor, reads } : factor)),
  );
  return { terms, isSum: true };
}

/** Returns the sum of all products, if it differs from the value. */
function other(terms: readonly Term[], value: number): { sum?: number } {
  const sum = sumOf(terms);
  return terms.length >= MOST || Math.abs(sum - value) <= 1e-8 * Math.max(1, Math.abs(value))
    ? {}
    : { sum };
}
