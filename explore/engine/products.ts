import { codesFor, named } from './codes.ts';
import type { Microscope } from './microscope.ts';
import { BoxProbe, type ParamValues } from './probe.ts';
import type { Ref } from './refs.ts';
import { oneHot, type Value } from './values.ts';

/** A factor of a product: a number of the chain, or a derivative that the box computes. */
export interface Factor {
  readonly value: number;
  /** The address of the number; absent for a derivative. */
  readonly ref?: Ref;
}

/** One product of a sum. */
export type Term = readonly Factor[];

/** How a number comes about. */
export interface Products {
  /** The box that computes the number, and by which of its methods. */
  readonly box: number;
  readonly arrow: 'forward' | 'backpropToInput' | 'backpropToParams';
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

/** The largest number of outputs whose derivative is taken one by one. */
const MOST = 128;

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
        for (const [tensor, k] of codes.decode(code, second[part].values[j]) ?? []) {
          used.add(`${tensor} ${k}`);
          terms.push([
            paramFactor(probe.params, box, names[tensor], k),
            inputFactor(probe, box, part, j),
          ]);
        }
      });
    });
    // What is left is a bias: ∂x_out/∂b = 1.
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

/** The products of ∂C/∂x_in[j]. */
function ofGradInput(
  microscope: Microscope,
  box: number,
  part: number,
  j: number,
  value: number,
): Term[] {
  const probe = new BoxProbe(microscope, box);
  const names = Object.keys(probe.params);
  const none = probe.inputs.map(zeros);
  const one = none.map((zero, p) => (p === part ? oneHot(zero.shape, j) : zero));
  const grad = (i: number) => gradFactor(microscope, box, i);
  // The column of a box that is linear in x_in: what it makes of a 1 at j, less what it makes of 0.
  const column = (params: ParamValues) => {
    const at0 = attempt(() => probe.forward(none, params));
    const at1 = attempt(() => probe.forward(one, params));
    return at0 && at1?.map((y, i) => y - at0[i]);
  };
  // The products by the forward, which a wrong backward does not add up to.
  let expected: Term[] | undefined;
  if (names.length > 0) {
    const codes = codesFor(Object.values(probe.params));
    const first = column(named(probe.params, codes.once));
    const second = column(named(probe.params, codes.squared));
    if (first && second) {
      const terms: Term[] = [];
      first.forEach((code, i) => {
        if (code === 0) return;
        for (const [tensor, k] of codes.decode(code, second[i]) ?? []) {
          terms.push([grad(i), paramFactor(probe.params, box, names[tensor], k)]);
        }
      });
      if (near(sumOf(terms), value)) return terms;
      expected = terms;
    }
  }
  const plain = column(probe.params);
  if (plain) {
    const terms = nonZero(plain, (i) => [grad(i), { value: plain[i] }]);
    if (near(sumOf(terms), value)) return terms;
    // They count only if the box is linear, as the codes suppose.
    if (!near(sumOf(expected ?? []), sumOf(terms))) expected = undefined;
  }
  const moved = probe.inputs.map((input, p) => (p === part ? nudged(input, j) : input));
  const own = nonZero(difference(probe.forward(moved), probe.output.values), (i) => {
    const { gradInputs } = probe.backward(oneHot(probe.output.shape, i));
    return [grad(i), { value: gradInputs[part].values[j] }];
  });
  return expected?.length ? expected : own;
}

/** The products of ∂C/∂w[k]. */
function ofGradParam(
  microscope: Microscope,
  box: number,
  name: string,
  k: number,
  value: number,
): Term[] {
  const probe = new BoxProbe(microscope, box);
  const none = Object.fromEntries(
    Object.entries(probe.params).map(([key, param]) => [key, zeros(param)]),
  );
  const one = { ...none, [name]: oneHot(probe.params[name].shape, k) };
  const grad = (i: number) => gradFactor(microscope, box, i);
  // The column of a box that is linear in w: what it makes of a 1 at k, less what it makes of 0.
  const column = (inputs: readonly Value[]) => {
    const at0 = attempt(() => probe.forward(inputs, none));
    const at1 = attempt(() => probe.forward(inputs, one));
    return at0 && at1?.map((y, i) => y - at0[i]);
  };
  const codes = codesFor(probe.inputs);
  const first = column(codes.once);
  const second = column(codes.squared);
  // The products by the forward, which a wrong backward does not add up to.
  let expected: Term[] | undefined;
  if (first && second) {
    const terms: Term[] = [];
    first.forEach((code, i) => {
      if (code === 0) return;
      if (code === 1 && second[i] === 1) terms.push([grad(i)]);
      else {
        for (const [part, j] of codes.decode(code, second[i]) ?? []) {
          terms.push([grad(i), inputFactor(probe, box, part, j)]);
        }
      }
    });
    if (near(sumOf(terms), value)) return terms;
    expected = terms;
  }
  const plain = column(probe.inputs);
  if (plain) {
    const terms = nonZero(plain, (i) => [grad(i), { value: plain[i] }]);
    if (near(sumOf(terms), value)) return terms;
    if (!near(sumOf(expected ?? []), sumOf(terms))) expected = undefined;
  }
  const moved = { ...probe.params, [name]: nudged(probe.params[name], k) };
  const own = nonZero(difference(probe.forward(probe.inputs, moved), probe.output.values), (i) => {
    const { gradParams } = probe.backward(oneHot(probe.output.shape, i));
    return [grad(i), { value: gradParams[name].values[k] }];
  });
  return expected?.length ? expected : own;
}

function inputFactor({ inputs }: BoxProbe, box: number, part: number, index: number): Factor {
  const ref = { kind: 'activation', place: box, part, index } as const;
  return { value: inputs[part].values[index], ref };
}

function paramFactor(params: ParamValues, box: number, name: string, index: number): Factor {
  return { value: params[name].values[index], ref: { kind: 'param', box, name, index } };
}

function gradFactor(microscope: Microscope, box: number, index: number): Factor {
  const ref = { kind: 'gradient', place: box + 1, part: 0, index } as const;
  return { value: microscope.read(ref), ref };
}

/** Makes a term for each index at which a column is not 0, for at most `MOST` of them. */
function nonZero(column: Float64Array, term: (i: number) => Term): Term[] {
  return [...column.keys()]
    .filter((i) => column[i] !== 0)
    .slice(0, MOST)
    .map(term);
}

/** Adds up the products of the terms. */
export function sumOf(terms: readonly Term[]): number {
  return terms.reduce((sum, term) => sum + productOf(term), 0);
}

/** Multiplies the factors of a term. */
function productOf(term: Term): number {
  return term.reduce((product, { value }) => product * value, 1);
}

/** The sum of all products, where it is not the value. */
function other(terms: readonly Term[], value: number): { sum?: number } {
  const sum = sumOf(terms);
  return terms.length >= MOST || Math.abs(sum - value) <= 1e-8 * Math.max(1, Math.abs(value))
    ? {}
    : { sum };
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-10 * Math.max(1, Math.abs(b));
}

function zeros({ shape, values }: Value): Value {
  return { shape, values: new Float64Array(values.length) };
}

function nudged({ shape, values }: Value, index: number): Value {
  const moved = Float64Array.from(values);
  moved[index] += 1e-6 * Math.max(1, Math.abs(moved[index]));
  return { shape, values: moved };
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value - b[i]);
}

/** Runs a probe that a box may refuse, such as a constant input that a norm cannot take. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
