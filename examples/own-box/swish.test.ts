import assert from 'node:assert/strict';
import { test } from 'node:test';
import { useBackend } from 'boxprop';
import { gradcheck } from 'boxprop/gradcheck';
import { Swish } from './swish.ts';

test('Swish has the values of the paper', async () => {
  await useBackend('float64');
  const { values } = await new Swish().predict([[-1, 0, 1]]);
  // −σ(−1), 0, σ(1)
  const expected = [-0.2689414213699951, 0, 0.7310585786300049];
  expected.forEach((value, n) => assert.ok(Math.abs(values[n] - value) < 1e-12));
});

test('every gradient of Swish agrees with finite differences', async () => {
  const { pass, results } = await gradcheck(new Swish(), { input: [3, 4] });
  assert.ok(pass, JSON.stringify(results));
});
