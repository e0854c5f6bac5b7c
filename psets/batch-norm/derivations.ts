import type { Derivation, Trace } from '../grader/derivation.ts';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

/** The normalization in named steps. */
function normalized(
  t: Trace,
  x: number[],
  eps: number,
  others = true,
): { s: number; hat: number[] } {
  const mu = t.step('μ', mean(x), { 'the sum of x': sum(x), 'the sum of x over m − 1': sum(x) / (x.length - 1) }); // prettier-ignore
  const centred = t.step('x − μ', x.map((v) => v - mu), { x }); // prettier-ignore
  const variance = t.step('σ²', mean(centred.map((v) => v * v)), {
    'the mean of x²': mean(x.map((v) => v * v)),
    'the sum of squares': sum(centred.map((v) => v * v)),
    'the mean of absolute values': mean(centred.map(Math.abs)),
    '(the largest − the smallest)': Math.max(...x) - Math.min(...x),
  });
  const root = t.step('√(σ² + ε)', Math.sqrt(variance + eps), {
    'σ² + ε': variance + eps,
    σ: Math.sqrt(variance),
    'σ + ε': Math.sqrt(variance) + eps,
    'σ + √ε': Math.sqrt(variance) + Math.sqrt(eps),
    '√(σ² − ε)': Math.sqrt(variance - eps),
    '√(σ² + ε²)': Math.sqrt(variance + eps * eps),
  });
  const s = t.step('1/√(σ² + ε)', 1 / root, { '1/(σ² + ε)': root ** -2, '(σ² + ε)^(−3/2)': root ** -3 }); // prettier-ignore
  const top = t.step('x − μ above the fraction line', centred, { x });
  const hat = t.step('x̂', top.map((v) => v * s), others ? { x, 'x − μ, not divided by the deviation,': centred } : {}); // prettier-ignore
  return { s, hat };
}

/** The functions of batch normalization in named steps. */
export const derivations: Readonly<Record<string, Derivation>> = {
  forward: (t: Trace, x: number[], gamma: number, beta: number, eps: number) => {
    const { hat } = normalized(t, x, eps);
    const scaled = t.term('γ x̂', hat.map((v) => gamma * v)); // prettier-ignore
    return scaled.map((v) => v + t.term('β', beta));
  },
  backpropToInput: (t: Trace, g: number[], x: number[], gamma: number, eps: number) => {
    const { s, hat } = normalized(t, x, eps, false);
    const y = hat.map((v) => gamma * v);
    const front = t.step('x̂ in front of the path through the variance', hat, {
      x,
      y,
      'x/√(σ² + ε), not centred,': x.map((v) => v * s),
      'g x̂': hat.map((v, i) => v * g[i]),
    });
    const inside = t.step('x̂ in the mean of g x̂', hat, { x, y, 'x − μ': hat.map((v) => v / s) });
    const products = t.step('the mean of g x̂', mean(g.map((v, j) => v * inside[j])), {
      'the mean of g times the mean of x̂': mean(g) * mean(inside),
      'the mean of g': mean(g),
      'the sum of g x̂': sum(g.map((v, j) => v * inside[j])),
      'the mean of x̂': mean(inside),
    });
    const average = t.step('the mean of g', mean(g), { 'the sum of g': sum(g) });
    return g.map((v, i) => {
      const direct = t.term('the direct path', gamma * s * v);
      const throughMean = t.term('the path through the mean', -gamma * s * average);
      const own = t.step('the mean of g x̂ over all examples', products, { 'g x̂ of example i alone': v * inside[i] }); // prettier-ignore
      const throughVariance = t.term('the path through the variance', -gamma * s * front[i] * own);
      return direct + throughMean + throughVariance;
    });
  },
  backpropToGamma: (t: Trace, g: number[], x: number[], eps: number) => {
    const { hat } = normalized(t, x, eps);
    return sum(
      t.step(
        'the products g x̂',
        g.map((v, i) => v * hat[i]),
      ),
    );
  },
  backpropToBeta: (t: Trace, g: number[]) => sum(t.parts('the sum of gradOutput', g)),
};
