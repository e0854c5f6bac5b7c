import { explainByExp } from '../../../psets/grader/diagnosis/overflow.ts';
import { argumentsOf, applied, type Solve } from '../../../psets/grader/pset.ts';
import { softmax } from '../../../psets/softmax/pset.ts';

const [forward] = softmax.tasks;

/** Explains why a function is not finite for these scores. */
const explained = (own: Solve, x: readonly number[]) =>
  explainByExp(forward, { x }, (all) =>
    Promise.resolve(all.map((args) => applied(own, argumentsOf(forward, args)))),
  );

const LARGE = [1000, 998, 3];

test.each<[string, Solve, readonly number[], string]>([
  ['one exponential', (x: number[]) => x.map((v) => Math.exp(v)), LARGE, 'exp of a number above 709 is Infinity'],
  ['a sum of exponentials', (x: number[]) => x.map((_, i) => Math.exp(x[i]) / x.reduce((s, v) => s + Math.exp(v), 0)), LARGE, 'exp of a number above 709 is Infinity'],
  ['one of differences', (x: number[]) => x.map((v) => Math.exp(v - Math.min(...x))), [800, -700, 5], 'exp of a number above 709 is Infinity'],
  ['one of the opposite', (x: number[]) => x.map((v) => Math.exp(-v)), [-800, 4], 'exp of a number above 709 is Infinity'],
  ['one squared', (x: number[]) => x.map((v) => Math.exp(v) ** 2), [400, 4], 'exp of a number above 354, squared, is Infinity'],
  ['the logarithm of one', (x: number[]) => x.map((v) => Math.log(Math.exp(v))), [-800, -3], 'exp of a number below −745 is 0'],
])('%s', async (_, own, x, message) => {
  expect(await explained(own, x)).toBe(message);
}); // prettier-ignore

test.each<[string, Solve, readonly number[]]>([
  ['a division by 0', (x: number[]) => x.map((v) => 1 / (v - v)), LARGE],
  ['a root', (x: number[]) => x.map((v) => Math.sqrt(v - 500)), LARGE],
  ['a square', (x: number[]) => x.map((v) => v * v), [1e200, 2]],
  ['scores of 0', (x: number[]) => x.map((v) => 1 / v), [0, 0]],
])('%s is no exponential', async (_, own, x) => {
  expect(await explained(own, x)).toBeUndefined();
});

test('a function that returns nothing is not explained', async () => {
  expect(await explainByExp(forward, { x: LARGE }, () => Promise.resolve(undefined))).toBeUndefined();
}); // prettier-ignore
