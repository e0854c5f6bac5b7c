import type { Derivation, Trace } from '../grader/derivation.ts';

type Rows = number[][];

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The functions of the linear module in named steps. */
export const derivations: Readonly<Record<string, Derivation>> = {
  forward: (t: Trace, x: Rows, W: Rows, b: number[]) =>
    x.map((row, n) =>
      W.map(
        (weights, i) =>
          t.term('the bias', t.step('b[i]', b[i], { 'b[n], by the example,': b[n % b.length], 'b[0]': b[0] })) +
          t.term('the sum of W[i][j] x[j]', sum(t.parts('the sum over j', weights.map((w, j) => w * row[j])))), // prettier-ignore
      ),
    ),
  backpropToInput: (t: Trace, g: Rows, x: Rows, W: Rows) =>
    x.map((row, n) =>
      row.map(
        (_, j) =>
        sum(t.parts('the sum over i', t.step('the product gradOutput[i] W[i][j]', W.map((weights, i) => g[n][i] * weights[j]), { 'the product gradOutput[i] W[j][i], by the transposed W,': W.map((_, i) => g[n][i] * (W[j]?.[i] ?? 0)), 'the product gradOutput[j] W[j][i]': (W[j] ?? []).map((v) => (g[n][j] ?? 0) * v) }))), // prettier-ignore
      ),
    ),
  backpropToWeight: (t: Trace, g: Rows, x: Rows, W: Rows) =>
    W.map((weights, i) =>
      weights.map((_, j) =>
        sum(
          t.parts(
            'the sum over the examples',
            x.map((row, n) => g[n][i] * row[j]),
          ),
        ),
      ),
    ),
  backpropToBias: (t: Trace, g: Rows, b: number[]) =>
    b.map((_, i) =>
      sum(
        t.parts(
          'the sum over the examples',
          g.map((row) => row[i]),
        ),
      ),
    ),
};
