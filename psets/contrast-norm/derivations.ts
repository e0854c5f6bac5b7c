import type { Derivation, Trace } from '../grader/derivation.ts';
import { transposed } from '../grader/values.ts';
import { windowWeights } from './solution.ts';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
const cut = (N: number, w: number[]) =>
  Array.from({ length: N }, (_, i) =>
    Array.from({ length: N }, (__, j) => w[j - i + (w.length - 1) / 2] ?? 0),
  );

/** The weights of the windows, and what students use in their place. */
function weights(t: Trace, N: number, w: number[]): number[][] {
  const A = t.result('windowWeights', windowWeights(N, w));
  const raw = cut(N, w);
  return t.step('A', A, {
    'the window without scaling': raw,
    'the window divided by the sum of w': raw.map((row) => row.map((v) => v / sum(w))),
    'A scaled by columns': transposed(transposed(raw).map((row) => row.map((v) => v / sum(row)))),
    'the transpose of A': transposed(A),
    'A of the flipped window': windowWeights(N, [...w].reverse()),
    'the window divided by its length': raw.map((row) => row.map((v) => v / w.length)),
    'equal weights': raw.map((row) => row.map((v) => (v > 0 ? 1 / row.filter((one) => one > 0).length : 0))), // prettier-ignore
  });
}

const times = (A: number[][], values: number[]) =>
  A.map((row) => sum(row.map((a, j) => a * values[j])));

/** The deviations and the divisor of the divisive module in named steps. */
function divisor(t: Trace, v: number[], A: number[][]) {
  const squares = times(A, v.map((one) => one * one)); // prettier-ignore
  const local = times(A, v);
  const sigma = t.step('σ', squares.map(Math.sqrt), {
    'σ²': squares,
    'the local mean of |v|': times(A, v.map(Math.abs)),
    '|v|': v.map(Math.abs),
    'the deviation from the local mean': squares.map((one, i) => Math.sqrt(Math.max(0, one - local[i] ** 2))), // prettier-ignore
  }); // prettier-ignore
  const c = t.step('c', mean(sigma), {
    'the sum of σ': sum(sigma),
    'the largest σ': Math.max(...sigma),
    'the smallest σ': Math.min(...sigma),
    'the root of the mean of σ²': Math.sqrt(mean(sigma.map((s) => s * s))),
    'the median of σ': [...sigma].sort((a, b) => a - b)[Math.floor(sigma.length / 2)],
  });
  const d = t.step('max(c, σ)', sigma.map((s) => Math.max(c, s)), {
    σ: sigma,
    c: sigma.map(() => c),
    'min(c, σ)': sigma.map((s) => Math.min(c, s)),
    'σ + c': sigma.map((s) => s + c),
    '√(σ² + c²)': sigma.map((s) => Math.hypot(s, c)),
  }); // prettier-ignore
  return { sigma, c, d };
}

/** The local means if each result replaces its input before the next one is computed. */
function inPlace(A: number[][], x: number[]): number[] {
  const changed = [...x];
  return A.map((row, i) => {
    const local = sum(row.map((a, j) => a * changed[j]));
    changed[i] -= local;
    return local;
  });
}

/** The functions of local contrast normalization in named steps. */
export const derivations: Readonly<Record<string, Derivation>> = {
  windowWeights: (t: Trace, N: number, w: number[]) => {
    const p = t.step('p', (w.length - 1) / 2, { '(M + 1)/2': (w.length + 1) / 2, M: w.length, 'M − 1': w.length - 1 }); // prettier-ignore
    return Array.from({ length: N }, (_, i) => {
      const around = Array.from({ length: N }, (__, j) =>
        sum(w.filter((___, m) => (((i - p + m) % N) + N) % N === j)),
      );
      const row = t.step(
        'the window',
        Array.from({ length: N }, (__, j) => w[j - i + p] ?? 0),
        {
          'the window, wrapped around at the ends,': around,
        },
      );
      const inside = t.step('the sum of the weights inside', sum(row), {
        'the sum of all of w': sum(w),
        'the number of weights inside': row.filter((v) => v > 0).length,
        'the length of w': w.length,
        N,
        'the largest weight': Math.max(...row),
        'the root of the sum of squares': Math.hypot(...row),
      });
      return row.map((v) => v / inside);
    });
  },
  subtractive: (t: Trace, x: number[], w: number[]) => {
    const A = weights(t, x.length, w);
    const local = t.step('the local mean', times(A, x), { 'the mean of the whole signal': x.map(() => mean(x)), 'the local mean of a signal that is already changed on the left': inPlace(A, x) }); // prettier-ignore
    const [own, away] = [t.term('the signal', x), t.term('the local mean', local)];
    return own.map((v, i) => v - away[i]);
  },
  subtractiveToInput: (t: Trace, g: number[], x: number[], w: number[]) => {
    const A = weights(t, x.length, w);
    const [own, away] = [t.term('the direct path', g), t.term('the path through the local means', times(t.step('A transposed', transposed(A), { A, 'the diagonal of A': A.map((row, i) => row.map((v, j) => (i === j ? v : 0))) }), g))]; // prettier-ignore
    return own.map((v, j) => v - away[j]);
  },
  divisive: (t: Trace, v: number[], w: number[]) => {
    const { d } = divisor(t, v, weights(t, v.length, w));
    return v.map((one, i) => one / d[i]);
  },
  divisiveToInput: (t: Trace, g: number[], v: number[], w: number[]) => {
    const A = weights(t, v.length, w);
    const { sigma, c, d } = divisor(t, v, A);
    const h = t.step('∂C/∂d', v.map((one, i) => (-g[i] * one) / d[i] ** 2), {
      'g v/d': v.map((one, i) => (-g[i] * one) / d[i]),
      'g/d²': v.map((_, i) => -g[i] / d[i] ** 2),
      'g v': v.map((one, i) => -g[i] * one),
      'g': v.map((_, i) => -g[i]),
    }); // prettier-ignore
    const above = t.step(
      'the condition σ > c',
      sigma.map((s) => (s > c ? 1 : 0)),
      {
        'no condition (σ everywhere)': sigma.map(() => 1),
        'no condition (c everywhere)': sigma.map(() => 0),
        'the condition σ < c': sigma.map((s) => (s < c ? 1 : 0)),
      },
    );
    const shared = mean(h.map((one, i) => one * (1 - above[i])));
    const meanPath = t.step('the gradient of c', shared, {
      'its sum, without 1/N': shared * v.length,
      'the mean of ∂C/∂d over all elements': mean(h),
      'the mean of ∂C/∂d over the elements with σ > c': mean(h.map((one, i) => one * above[i])),
      'the mean over the elements with σ ≤ c only': (shared * v.length) / sum(above.map((one) => 1 - one)), // prettier-ignore
    });
    const through = (s: number[]) => {
      const collected = t.step('A transposed', transposed(A), { A });
      return times(collected, s.map((one, i) => one / t.step('the σ below', sigma[i], { d: d[i], c, 'σ²': sigma[i] ** 2, 1: 1 }))); // prettier-ignore
    };
    const direct = t.term('the direct path', g.map((one, j) => one / d[j])); // prettier-ignore
    const local = through(h.map((one, i) => one * above[i]));
    const middle = through(h.map(() => meanPath));
    const front = t.step('the v[j] in front', v);
    const one = t.term('the path through the local deviation', local.map((s, j) => s * front[j])); // prettier-ignore
    const two = t.term('the path through the mean of the deviations', middle.map((s, j) => s * front[j])); // prettier-ignore
    return direct.map((value, j) => value + one[j] + two[j]);
  },
};
