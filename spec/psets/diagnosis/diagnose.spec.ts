import { Rng } from '../../../lib/rng.ts';
import { batchNorm } from '../../../psets/batch-norm/pset.ts';
import { convolution } from '../../../psets/convolution/pset.ts';
import { diagnose } from '../../../psets/grader/diagnose.ts';
import { applied, argumentsOf, type Pset, type Solve } from '../../../psets/grader/pset.ts';
import { flatten } from '../../../psets/grader/values.ts';
import { prelu } from '../../../psets/prelu/pset.ts';
import { softmax } from '../../../psets/softmax/pset.ts';
import * as right from '../../../psets/softmax/solution.ts';

/** Diagnoses a function that stands in the place of a task, in twelve random cases. */
function diagnosed(pset: Pset, name: string, own: Solve) {
  const task = pset.tasks.find((one) => one.name === name);
  if (task === undefined) throw new Error(name);
  const rng = new Rng(0);
  const comparisons = Array.from({ length: 12 }, (_, k) => {
    const item = pset.draw(rng, k);
    const args = argumentsOf(task, item.args);
    return { item, expected: applied(pset.solution[name], args), got: applied(own, args) };
  });
  const { message, where } = diagnose(pset, task, comparisons);
  return message ?? where;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

test('large numbers that are cut off are no missing step', () => {
  const clipped = (x: number[]) => right.forward(x.map((v) => Math.min(v, 80)));
  expect(diagnosed(softmax, 'forward', clipped)).toBe(
    'x is cut off at a bound: larger numbers count as equal to it',
  );
});

test('a term that counts as 1 is not missing', () => {
  const minus = (x: number[]) => right.forward(x).map((v) => v - 1);
  expect(diagnosed(softmax, 'crossEntropyToInput', minus)).toBe(
    '1 is used everywhere instead of the 1 of the right class',
  );
});

test('a condition is named as the examples that count', () => {
  const above = (g: number[][], x: number[][], a: number[]) =>
    a.map((_, c) => sum(x.map((row, n) => g[n][c] * Math.max(0, row[c]))));
  expect(diagnosed(prelu, 'backpropToParams', above)).toBe(
    'the condition x > 0, the reverse, is used instead of the condition x ≤ 0',
  );
});

describe('zeros', () => {
  test('exact ones', () => {
    expect(diagnosed(batchNorm, 'backpropToGamma', () => 0)).toBe('every number is 0');
  });

  test('sums that cancel up to rounding', () => {
    const own = (_: number[], x: number[], eps: number) => {
      const mean = sum(x) / x.length;
      const variance = sum(x.map((v) => (v - mean) ** 2)) / x.length;
      return sum(x.map((v) => (v - mean) / Math.sqrt(variance + eps)));
    };
    expect(diagnosed(batchNorm, 'backpropToGamma', own)).toBe(
      'every number is 0 up to rounding: the terms cancel, as if all numbers of gradOutput were equal',
    );
  });
});

test.each([
  [1 / Math.LN2, 'a factor: every number is 1.4427 = 1/ln 2 times the right one, as if the logarithm to base 2 were taken instead of the natural one'],
  [1 / Math.LN10, 'a factor: every number is 0.434294 = 1/ln 10 times the right one, as if the logarithm to base 10 were taken instead of the natural one'],
  [Math.LN2, 'a factor: every number is 0.693147 = ln 2 times the right one'],
  [1.4427, 'a factor: every number is 1.4427 times the right one'],
])('a factor of %f', (factor, message) => {
  const own = (x: number[], t: number) => factor * right.crossEntropy(x, t);
  expect(diagnosed(softmax, 'crossEntropy', own)).toBe(message);
}); // prettier-ignore

test('numbers that are wrong only near the ends say no more than that', () => {
  const own = (x: number[], w: number[], boundary: string) => {
    const y = flatten(applied(convolution.solution.forward, [x, w, boundary]));
    return y.map((v, i) => (i === 0 ? v * v + 1.5 : v));
  };
  expect(diagnosed(convolution, 'forward', own)).toBe(', only near the ends');
});
