import { codesFor, named } from './codes.ts';
import type { BoxProbe } from './probe.ts';
import { near, sumOf, type FactorsOf, type Term } from './terms.ts';
import { oneHot } from './values.ts';

/**
 * Returns the products whose sum is output i of a box. If there are no such products, returns the
 * numbers on which the output depends.
 *
 * @param factors makes the factors. It is a parameter because the box may be inside a container.
 */
export function outputTerms(
  probe: BoxProbe,
  i: number,
  factors: FactorsOf,
): { readonly terms: readonly Term[]; readonly isSum: boolean } {
  const value = probe.output.values[i];
  const one = oneHot(probe.output.shape, i);
  const { gradInputs, gradParams } = probe.backward(one);
  const names = Object.keys(probe.params);
  const products = ofCodes(probe, i, factors);
  if (products && near(sumOf(products), value)) return { terms: products, isSum: true };
  const slopes = gradInputs.flatMap(({ values }, part) =>
    [...values.keys()].filter((j) => values[j] !== 0).map((j) => [part, j, values[j]] as const),
  );
  const linear = slopes.map(([part, j, slope]): Term => {
    const input = factors.input(part, j);
    return slope === 1 ? [input] : [{ value: slope }, input];
  });
  if (near(sumOf(linear), value)) return { terms: linear, isSum: true };
  const read = slopes.map(([part, j]) => factors.input(part, j));
  if (read.length > 1 && near(sumOf([read]), value)) return { terms: [read], isSum: true };
  const weights = names.flatMap((name) =>
    [...gradParams[name].values.keys()]
      .filter((k) => gradParams[name].values[k] !== 0)
      .map((k) => factors.param(name, k)),
  );
  return { terms: [...read, ...weights].map((factor) => [factor]), isSum: false };
}

/**
 * Returns the products of weights and inputs, and the biases. To find them, the weights are
 * replaced by codes. Returns undefined for a box without parameters.
 */
function ofCodes(probe: BoxProbe, i: number, factors: FactorsOf): Term[] | undefined {
  const params = Object.values(probe.params);
  if (params.length === 0) return undefined;
  const names = Object.keys(probe.params);
  const one = oneHot(probe.output.shape, i);
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
        terms.push([factors.param(names[tensor], k), factors.input(part, j)]);
      }
    });
  });
  // A parameter that occurs in no product is a bias: ∂x_out/∂b = 1.
  const { gradParams } = probe.backward(one);
  names.forEach((name, tensor) => {
    const { shape, values } = gradParams[name];
    if (shape.length !== 1) return;
    values.forEach((derivative, k) => {
      if (derivative === 1 && !used.has(`${tensor} ${k}`)) terms.push([factors.param(name, k)]);
    });
  });
  return terms;
}
