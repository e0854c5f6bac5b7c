import { evidenceOf } from '../../../psets/grader/diagnosis/evidence.ts';
import { regionsOf } from '../../../psets/grader/diagnosis/regions.ts';
import { softmax } from '../../../psets/softmax/pset.ts';
import * as right from '../../../psets/softmax/solution.ts';

const gradient = softmax.tasks[3];
const ITEMS = [
  { x: [0.5, -1.2, 0.8], t: 0 },
  { x: [1.5, 0.3, -0.7, 2.1], t: 2 },
  { x: [-0.4, 0.9], t: 1 },
  { x: [0.2, 1.7, -2.2, 0.6, 1.1], t: 3 },
];

/** The regions of the numbers that are wrong, by a function of the index and the right class. */
const regions = (wrong: (i: number, t: number) => boolean) =>
  regionsOf(
    softmax,
    gradient,
    evidenceOf(
      ITEMS.map(({ x, t }) => {
        const expected = right.crossEntropyToInput(x, t);
        const got = expected.map((v, i) => (wrong(i, t) ? v + 0.7 : v));
        return { item: { args: { x, t }, smooth: true }, expected, got };
      }),
    ),
  );

test('a property of the problem set tells the wrong numbers from the right ones', () => {
  const [region] = regions((i, t) => i === t);
  expect([region.phrase, region.share]).toEqual(['at the right class', 1]);
});

test('the tightest place comes first', () => {
  const [region] = regions((i) => i === 0);
  expect([region.phrase, region.share]).toEqual(['at the first number', 1]);
});

test('numbers that are wrong everywhere have no region', () => {
  expect(regions(() => true)).toEqual([]);
});
