import { codesFor, named } from './codes.ts';
import { mapValues, type Microscope } from './microscope.ts';
import { attempt, BoxProbe } from './probe.ts';
import { inputFactor, MOST, near, paramFactor, sumOf, type Factor, type Term } from './terms.ts';
import { oneHot, zeros, type Element, type Value } from './values.ts';

/** Returns the products whose sum is ∂C/∂x_in[j]. */
export function ofGradInput(
  microscope: Microscope,
  box: number,
  part: number,
  j: number,
  value: number,
): Term[] {
  const probe = BoxProbe.at(microscope, box);
  const names = Object.keys(probe.params);
  const none = probe.inputs.map(zeros);
  const one = none.map((zero, p) => (p === part ? oneHot(zero.shape, j) : zero));
  return ofGradient(microscope, box, probe, value, {
    partners: Object.values(probe.params),
    partner: (tensor, k) => paramFactor(probe.params, box, names[tensor], k),
    together: (i) => probe.weightsBetween(part, j, i),
    isAddend: false,
    forward: (at, weights) => probe.forward(at === 0 ? none : one, named(probe.params, weights)),
    moved: () =>
      probe.forward(probe.inputs.map((input, p) => (p === part ? nudged(input, j) : input))),
    derivative: ({ gradInputs }) => gradInputs[part].values[j],
  });
}

/** Returns the products whose sum is ∂C/∂w[k]. */
export function ofGradParam(
  microscope: Microscope,
  box: number,
  name: string,
  k: number,
  value: number,
): Term[] {
  const probe = BoxProbe.at(microscope, box);
  const none = mapValues(probe.params, zeros);
  const one = { ...none, [name]: oneHot(probe.params[name].shape, k) };
  return ofGradient(microscope, box, probe, value, {
    partners: probe.inputs,
    partner: (part, j) => inputFactor(probe, box, part, j),
    isAddend: true,
    forward: (at, inputs) => probe.forward(inputs, at === 0 ? none : one),
    moved: () =>
      probe.forward(probe.inputs, { ...probe.params, [name]: nudged(probe.params[name], k) }),
    derivative: ({ gradParams }) => gradParams[name].values[k],
  });
}

/**
 * A number v of a box whose derivative ∂C/∂v is explained. It is an element of an input, or of a
 * weight.
 */
interface Subject {
  /**
   * The tensors with which the box may multiply v: its weights if v is an input, or its inputs if v
   * is a weight.
   */
  readonly partners: readonly Value[];
  readonly partner: (tensor: number, index: number) => Factor;
  /**
   * Lists the partners of v in output i. Codes need this list if v has more than two partners. It
   * is undefined if the box throws for the inputs that show them.
   */
  readonly together?: (i: number) => readonly Element[] | undefined;
  /** Whether the box may add v to an output without a partner, as for a bias. */
  readonly isAddend: boolean;
  /**
   * Computes x_out with v set to 0 or 1. All other elements of the inputs (or of the weights, if v
   * is a weight) are 0.
   */
  readonly forward: (v: 0 | 1, partners: readonly Value[]) => Float64Array;
  /** Computes x_out after a small change of v. */
  readonly moved: () => Float64Array;
  /** Reads ∂C/∂v from the result of a backward pass. */
  readonly derivative: (gradients: ReturnType<BoxProbe['backward']>) => number;
}

/** Returns the products whose sum is ∂C/∂v. */
function ofGradient(
  microscope: Microscope,
  box: number,
  probe: BoxProbe,
  value: number,
  { partners, partner, together, isAddend, forward, moved, derivative }: Subject,
): Term[] {
  const grad = (i: number) => gradFactor(microscope, box, i);
  // If the box is linear in v, this is the change of each output when v rises from 0 to 1.
  const column = (values: readonly Value[]) => {
    const at0 = attempt(() => forward(0, values));
    const at1 = attempt(() => forward(1, values));
    return at0 && at1?.map((y, i) => y - at0[i]);
  };
  // The products that follow from the forward pass. A wrong backward method returns a different
  // sum.
  let expected: Term[] | undefined;
  if (partners.length > 0) {
    const codes = codesFor(partners);
    const first = column(codes.once);
    const second = column(codes.squared);
    if (first && second) {
      const terms: Term[] = [];
      first.forEach((code, i) => {
        if (code === 0) return;
        if (isAddend && code === 1 && second[i] === 1) terms.push([grad(i)]);
        for (const [tensor, k] of codes.decode(code, second[i], () => together?.(i)) ?? []) {
          terms.push([grad(i), partner(tensor, k)]);
        }
      });
      if (near(sumOf(terms), value)) return terms;
      expected = terms;
    }
  }
  const plain = column(partners);
  if (plain) {
    const terms = nonZero(plain, (i) => [grad(i), { value: plain[i] }]);
    if (near(sumOf(terms), value)) return terms;
    // The codes assume that the box is linear. If it is not, their products are not used.
    if (!near(sumOf(expected ?? []), sumOf(terms))) expected = undefined;
  }
  const own = nonZero(difference(moved(), probe.output.values), (i) => [
    grad(i),
    { value: derivative(probe.backward(oneHot(probe.output.shape, i))) },
  ]);
  return expected?.length ? expected : own;
}

function gradFactor(microscope: Microscope, box: number, index: number): Factor {
  const ref = { kind: 'gradient', place: box + 1, part: 0, index } as const;
  return { value: microscope.read(ref), ref };
}

/** Makes a term for each index at which the column is not 0, but at most `MOST` terms. */
function nonZero(column: Float64Array, term: (i: number) => Term): Term[] {
  return [...column.keys()]
    .filter((i) => column[i] !== 0)
    .slice(0, MOST)
    .map(term);
}

function nudged({ shape, values }: Value, index: number): Value {
  const moved = Float64Array.from(values);
  moved[index] += 1e-6 * Math.max(1, Math.abs(moved[index]));
  return { shape, values: moved };
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]);
}
