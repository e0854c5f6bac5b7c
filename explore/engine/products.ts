import type { Arrow } from '../plugins/boxDoc.ts';
import { codesFor, named } from './codes.ts';
import { ofGradInput, ofGradParam } from './gradientTerms.ts';
import type { Microscope } from './microscope.ts';
import { BoxProbe } from './probe.ts';
import type { Ref } from './refs.ts';
import { inputFactor, MOST, near, paramFactor, sumOf, type Term } from './terms.ts';
import { oneHot } from './values.ts';

/** The origin of a number. */
export interface Products {
  /** The box that computes the number, and by which of its methods. */
  readonly box: number;
  readonly arrow: Arrow;
  /**
   * The products that the number is the sum of. The terms of a function that is no such sum, such
   * as a tanh, are the numbers that it reads.
   */
  readonly terms: readonly Term[];
  readonly isSum: boolean;
  readonly value: number;
  /** The sum of the products, if a wrong box returns another value. */
  readonly sum?: number;
}

/**
 * Finds the products that a number is the sum of, by running the box's own three methods on inputs
 * and weights that reveal them. No box is known here by name.
 *
 *   x_out[i]      = Σ_j w x_in[j] + b
 *   ∂C/∂x_in[j]   = Σ_i ∂C/∂x_out[i] · ∂x_out[i]/∂x_in[j]
 *   ∂C/∂w[k]      = Σ_i ∂C/∂x_out[i] · ∂x_out[i]/∂w[k]
 *
 * @returns undefined for a number that no box computes: an input, a weight, the cost and its
 *   gradient.
 */
export function productsOf(microscope: Microscope, ref: Ref): Products | undefined {
  const last = microscope.boxes.length;
  const value = microscope.read(ref);
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
  return undefined;
}

/** The products of x_out[i]. */
function ofOutput(microscope: Microscope, box: number, i: number) {
  const probe = new BoxProbe(microscope, box);
  const value = probe.output.values[i];
  const one = oneHot(probe.output.shape, i);
  const { gradInputs, gradParams } = probe.backward(one);
  const params = Object.values(probe.params);
  const names = Object.keys(probe.params);
  if (params.length > 0) {
    const codes = codesFor(params);
    const first = probe.backward(one, probe.inputs, named(probe.params, codes.once)).gradInputs;
    const second = probe.backward(one, probe.inputs, named(probe.params, codes.squared)).gradInputs;
    const terms: Term[] = [];
    const used = new Set<string>();
    first.forEach(({ values }, part) => {
      values.forEach((code, j) => {
        if (code === 0) return;
        const guess = () => probe.weightsBetween(part, j, i);
        for (const [tensor, k] of codes.decode(code, second[part].values[j], guess) ?? []) {
          used.add(`${tensor} ${k}`);
          terms.push([
            paramFactor(probe.params, box, names[tensor], k),
            inputFactor(probe, box, part, j),
          ]);
        }
      });
    });
    // A parameter without a product is a bias: ∂x_out/∂b = 1.
    names.forEach((name, tensor) => {
      gradParams[name].values.forEach((derivative, k) => {
        if (
          derivative === 1 &&
          !used.has(`${tensor} ${k}`) &&
          gradParams[name].shape.length === 1
        ) {
          terms.push([paramFactor(probe.params, box, name, k)]);
        }
      });
    });
    if (near(sumOf(terms), value)) return { terms, isSum: true };
  }
  const reads: Term[] = [];
  gradInputs.forEach(({ values }, part) => {
    values.forEach((derivative, j) => {
      if (derivative === 0) return;
      reads.push([{ value: derivative }, inputFactor(probe, box, part, j)]);
    });
  });
  if (near(sumOf(reads), value)) return { terms: reads, isSum: true };
  const own = names.flatMap((name) =>
    [...gradParams[name].values.keys()]
      .filter((k) => gradParams[name].values[k] !== 0)
      .map((k): Term => [paramFactor(probe.params, box, name, k)]),
  );
  return { terms: [...reads.map(([, input]): Term => [input]), ...own], isSum: false };
}

/** The sum of all products, where it is not the value. */
function other(terms: readonly Term[], value: number): { sum?: number } {
  const sum = sumOf(terms);
  return terms.length >= MOST || Math.abs(sum - value) <= 1e-8 * Math.max(1, Math.abs(value))
    ? {}
    : { sum };
}
