import type { Derivation, Trace } from '../grader/derivation.ts';

/** Masks and scales numbers in named steps. */
const gate: Derivation = (t: Trace, values: number[], u: number[], p: number) =>
  values.map((v, i) => {
    const kept = t.step('the condition u ≥ p', Number(u[i] >= p), {
      'the condition u > p': Number(u[i] > p),
      'the condition u < p': Number(u[i] < p),
      'the condition u ≤ p': Number(u[i] <= p),
      'the condition u < 1 − p': Number(u[i] < 1 - p),
      'the condition u ≥ 1 − p': Number(u[i] >= 1 - p),
      'the condition u > 1 − p': Number(u[i] > 1 - p),
      'the condition u ≥ ½': Number(u[i] >= 0.5),
      'the condition x ≠ 0': Number(v !== 0),
      'u itself': u[i],
    });
    const scale = t.step('the scale 1/(1 − p)', 1 / (1 - p), {
      '1/p': 1 / p,
      '1 − p': 1 - p,
      p,
      '1/(1 + p)': 1 / (1 + p),
      'the share of kept units of this example': u.length / u.filter((one) => one >= p).length,
      '1/√(1 − p)': 1 / Math.sqrt(1 - p),
      '1/(1 − p)²': (1 - p) ** -2,
      2: 2,
    });
    return kept === 0 ? 0 : v * kept * scale;
  });

/** The variance of the numbers of a list. */
function spread(x: number[]): number {
  const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
  return x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length;
}

/** The functions of dropout in named steps. */
export const derivations: Readonly<Record<string, Derivation>> = {
  forward: gate,
  backpropToInput: gate,
  inference: (t: Trace, x: number[], p: number) =>
    x.map((v) => v * t.step('the factor 1', 1, { 'the factor 1 − p': 1 - p, 'the factor p': p,
          'the condition x ≥ p': Number(v >= p),
          'the condition |x| ≥ p': Number(Math.abs(v) >= p), 'the factor 1/(1 − p)': 1 / (1 - p) })), // prettier-ignore
  variance: (t: Trace, x: number[], p: number) =>
    x.map((v) => {
      const square = t.step('x²', v * v, { x: v, '|x|': Math.abs(v) });
      const mean = t.term('the mean of the square, x²/(1 − p),', t.step('1/(1 − p)', 1 / (1 - p)));
      const variance = square * (mean - t.term('the square of the mean', 1));
      return t.step('the variance over the random numbers', variance, {
        'the variance of the numbers in the list': spread(x),
        'the variance of the outputs in the list, with p in the mean,': p * spread(x),
      });
    }),
};
