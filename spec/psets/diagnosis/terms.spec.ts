import { evidenceOf } from '../../../psets/grader/diagnosis/evidence.ts';
import { explainByTerms } from '../../../psets/grader/diagnosis/terms.ts';
import { softmax } from '../../../psets/softmax/pset.ts';
import * as right from '../../../psets/softmax/solution.ts';

const cost = softmax.tasks[2];
const ITEMS = [
  { x: [0.5, -1.2, 0.8], t: 0 },
  { x: [1.5, 0.3, -0.7, 2.1], t: 2 },
  { x: [-0.4, 0.9], t: 1 },
  { x: [0.2, 1.7, -2.2, 0.6, 1.1], t: 3 },
];

/** The evidence about a cost with these coefficients of its three terms. */
const costs = (log: number, largest: number, own: number) =>
  evidenceOf(
    ITEMS.map(({ x, t }) => {
      const max = Math.max(...x);
      const sum = Math.log(x.reduce((all, v) => all + Math.exp(v - max), 0));
      return {
        item: { args: { x, t }, smooth: true },
        expected: right.crossEntropy(x, t),
        got: log * sum + largest * max - own * x[t],
      };
    }),
  );

test.each([
  [1, 0, 1, 'max x is missing'],
  [1, 1, -1, 'the sign of x_t is wrong'],
  [0.3, 1, 1, 'log Σ exp(x − max x) is 0.3 times the right one'],
  [1, 0, 0, 'max x is missing; x_t is missing'],
  [1, 1, 1, undefined],
])('coefficients %f, %f and %f of the terms', (log, largest, own, message) => {
  expect(explainByTerms(softmax, cost, costs(log, largest, own))).toBe(message);
});

test('values that are no sum of the terms are not explained', () => {
  const evidence = costs(1, 1, 1).map((one) => ({ ...one, got: one.got.map((v) => v * v) }));
  expect(explainByTerms(softmax, cost, evidence)).toBeUndefined();
});
