import { evidenceOf } from '../../../psets/grader/diagnosis/evidence.ts';
import { explainNearly, explainSinglePrecision } from '../../../psets/grader/diagnosis/rounding.ts';

const EXPECTED = [0.1, -2.3, 4];

/** The evidence of one case whose right numbers are changed. */
const evidence = (change: (value: number) => number) =>
  evidenceOf([{ item: { args: {}, smooth: true }, expected: EXPECTED, got: EXPECTED.map(change) }]);

test('numbers of single precision', () => {
  expect(explainSinglePrecision(evidence(Math.fround))).toBe(
    'in single precision: every number is rounded to a Float32, and plain numbers have twice the digits',
  );
});

test('numbers of more digits, and others of single precision, are not explained by it', () => {
  expect(explainSinglePrecision(evidence((v) => v * (1 + 1e-8)))).toBeUndefined();
  expect(explainSinglePrecision(evidence((v) => Math.fround(v * 1.01)))).toBeUndefined();
});

test.each([
  [1e-7, 'nearly right: the largest error is 1e-7 of the largest number; is a step computed in single precision (Float32Array, Math.fround), or changed by an ε?'],
  [2e-4, 'nearly right: the largest error is 0.0002 of the largest number; is a step rounded, approximated, or changed by an ε?'],
  [2e-3, undefined],
])('a relative error of %f', (error, message) => {
  expect(explainNearly(evidence((v) => v * (1 + error)))).toBe(message);
}); // prettier-ignore
