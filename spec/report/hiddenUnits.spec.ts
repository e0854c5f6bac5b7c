import { Rng } from '../../index.ts';
import { hiddenUnits } from '../../report/hiddenUnits.ts';

test('by hand: one unit is dead, two are alike, and outputs near 0 are counted', () => {
  // The outputs of three units for four examples: (1, 2, 0), (0, 0, 0), (3, 6, 0), (0, 0, 0).
  const found = hiddenUnits('ReLU 6', Float32Array.of(1, 2, 0, 0, 0, 0, 3, 6, 0, 0, 0, 0), 4);
  expect(found).toMatchObject({
    units: 3,
    sparsityAcrossExamples: 0.5,
    sparsityAcrossUnits: 8 / 12,
    verdict: 'bad',
    sentence:
      'Bad training in ReLU 6: 1 of 3 units ignores the input; the others are near 0 for 50 % of the examples, and their mean correlation is 1.00.',
  });
  expect(found.dead).toBeCloseTo(1 / 3, 12);
  expect(found.correlation).toBeCloseTo(1, 6);
});

test('correlations of three units by hand', () => {
  // x = (1, 2, 3), y = −x + 4 and z = (1, 0, 1), whose deviations are (1, −2, 1)/3.
  const found = hiddenUnits('Tanh', Float32Array.of(1, 3, 1, 2, 2, 0, 3, 1, 1), 3);
  const expected = [1, -1, 0, -1, 1, 0, 0, 0, 1];
  found.correlations.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 6));
  expect(found.correlation).toBeCloseTo(1 / 3, 6);
});

/** Random outputs of 20 units for 100 examples. */
const drawn = (draw: (rng: Rng, unit: number, ofExample: number) => number) => {
  const rng = new Rng(3);
  const ofExample = rng.normals(100);
  return Float32Array.from({ length: 2000 }, (_, i) =>
    draw(rng, i % 20, ofExample[Math.floor(i / 20)]),
  );
};
const sparse = (rng: Rng) => (rng.uniform() < 0.3 ? rng.uniform() : 0);

test.each<[what: string, verdict: string, values: Float32Array]>([
  ['sparse and independent', 'good', drawn(sparse)],
  ['independent, with both signs', 'good', drawn((rng) => rng.normal())],
  ['never near 0', 'warning', drawn((rng) => 1 + rng.uniform())],
  ['a quarter dead', 'warning', drawn((rng, unit) => (unit < 5 ? 2 : sparse(rng)))],
  ['most of them dead', 'bad', drawn((rng, unit) => (unit < 11 ? 0 : sparse(rng)))],
  ['much alike', 'warning', drawn((rng, _, ofExample) => ofExample + 1.1 * rng.normal())],
  ['alike', 'bad', drawn((rng, _, ofExample) => ofExample + 0.5 * rng.normal())],
])('%s: %s', (_, verdict, values) => {
  expect(hiddenUnits('ReLU', values, 100).verdict).toBe(verdict);
});

test('some units ignore the input, and not all units are shown', () => {
  const found = hiddenUnits('Tanh', drawn(sparse), 100, 2);
  expect(found.sentence).toMatch(
    /^Good training in Tanh: 2 of 20 units ignore the input; the others/,
  );
});
