import type { Derivation, Trace } from '../grader/derivation.ts';

type Rows = number[][];

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

function count(t: Trace, x: Rows): number {
  const [N, I] = [x.length, x[0].length];
  return t.step('N', N, {
    'the length of a row': I,
    'the count of all numbers': N * I,
    '2 N': 2 * N,
    'N − 1': N - 1,
  });
}

const difference = (t: Trace, one: Rows, two: Rows) =>
  t.step('the difference', one.map((row, n) => row.map((v, i) => v - two[n][i]))); // prettier-ignore

/** The functions of the Euclidean cost in named steps. */
export const derivations: Readonly<Record<string, Derivation>> = {
  forward: (t: Trace, x: Rows, y: Rows) => {
    const squares = t.step('the squares', difference(t, x, y).map((row) => row.map((v) => v * v)), {
      'd ^ 2, the exclusive or,': x.map((row, n) => row.map((v, i) => (v - y[n][i]) ^ 2)),
      'the absolute differences': x.map((row, n) => row.map((v, i) => Math.abs(v - y[n][i]))),
    }); // prettier-ignore
    const distances = t.step('the squared distances', squares.map(sum), {
      'the distances': squares.map((row) => Math.sqrt(sum(row))),
      'the square of the sum of the differences': x.map(
        (row, n) => sum(row.map((v, i) => v - y[n][i])) ** 2,
      ),
      'the square of the sum of the absolute differences': x.map(
        (row, n) => sum(row.map((v, i) => Math.abs(v - y[n][i]))) ** 2,
      ),
      'the largest square of each example': squares.map((row) => Math.max(...row)),
    });
    return (t.step('the ½', 0.5) * sum(distances)) / count(t, x);
  },
  backpropToInput: (t: Trace, x: Rows, y: Rows) =>
    difference(t, x, y).map((row) => row.map((v) => v / count(t, x))),
  backpropToTarget: (t: Trace, x: Rows, y: Rows) =>
    difference(t, y, x).map((row) => row.map((v) => v / count(t, x))),
  distanceToInput: (t: Trace, x: Rows, y: Rows) => {
    const d = difference(t, x, y);
    const squares = t.step(
      'the squared distance',
      d.map((row) => sum(row.map((v) => v * v))),
    );
    const norms = squares.map(Math.sqrt);
    const distance = t.step('the distance', norms, {
      'the distance over all examples': norms.map(() => Math.hypot(...norms)),
      'the sum of the distances': norms.map(() => sum(norms)),
      'the mean of the distances': norms.map(() => sum(norms) / norms.length),
      'the squared distance': norms.map((one) => one * one),
      'the sum of absolute differences': d.map((row) => sum(row.map(Math.abs))),
      'the absolute difference of the largest number': d.map((row) => Math.max(...row.map(Math.abs))),
      'the distance from 0': x.map((row) => Math.hypot(...row)),
      'twice the distance': norms.map((one) => 2 * one),
    }); // prettier-ignore
    return d.map((row, n) =>
      row.map((v, i) => {
        if (x[n][i] === y[n][i]) return 0;
        const unit = t.step('the difference over the distance', v / distance[n], {
          'the sign of the difference': Math.sign(v),
          'the square of it': (v / distance[n]) ** 2,
        });
        return unit / count(t, x);
      }),
    );
  },
};
