import { Rng } from '../../index.ts';
import {
  gridPoints,
  perturbPoint,
  untriedPoint,
  randomPoint,
  randomPoints,
  spaceCardinality,
} from '../../search/points.ts';
import { checkDimension, checkSpace } from '../../search/checkSpace.ts';
import {
  encodeValue,
  gridValues,
  isCategorical,
  shortName,
  formatValue,
  valueAtQuantile,
  type Dimension,
  type Space,
} from '../../search/space.ts';

const SPACE: Space = {
  rate: { low: 0.001, high: 0.1, log: true },
  share: { low: -1, high: 3 },
  units: { low: 3, high: 6, integer: true },
  maps: { low: 1, high: 100, integer: true, log: true },
  kernel: { choices: [3, 5, 9] },
  kind: { choices: ['max', 'mean', true] },
};

describe('values of a dimension', () => {
  it('are uniform on its scale: each quarter has a quarter of the draws', () => {
    const rng = new Rng(1);
    const draws = Array.from({ length: 4000 }, () => randomPoint(SPACE, rng));
    const quarters = (name: string, of: (value: number) => number) => {
      const counts = [0, 0, 0, 0];
      for (const point of draws) counts[Math.floor(4 * of(Number(point[name])))]++;
      return counts;
    };
    const expectEven = (counts: number[], each: number) => {
      // The tolerance is five standard deviations of a binomial count.
      for (const count of counts) expect(Math.abs(count - each)).toBeLessThan(5 * Math.sqrt(each));
    };
    expectEven(
      quarters('rate', (v) => Math.log10(v / 0.001) / 2),
      1000,
    );
    expectEven(
      quarters('share', (v) => (v + 1) / 4),
      1000,
    );
    for (const [name, values] of [
      ['units', [3, 4, 5, 6]],
      ['kernel', [3, 5, 9]],
      ['kind', ['max', 'mean', true]],
    ] as const) {
      const counts = values.map((value) => draws.filter((point) => point[name] === value).length);
      expect(counts.reduce((a, b) => a + b)).toBe(4000);
      expectEven(counts, 4000 / values.length);
    }
  });

  it('of a logarithmic integer range: n has the probability of the interval from n − ½ to n + ½', () => {
    const rng = new Rng(2);
    const draws = Array.from({ length: 20000 }, () =>
      Number(valueAtQuantile(SPACE.maps, rng.uniform())),
    );
    for (const k of [1, 2, 10, 100]) {
      const share = Math.log((k + 0.5) / (k - 0.5)) / Math.log(100.5 / 0.5);
      const count = draws.filter((value) => value === k).length;
      expect(Math.abs(count - 20000 * share)).toBeLessThan(5 * Math.sqrt(20000 * share));
    }
    expect(Math.min(...draws)).toBe(1);
    expect(Math.max(...draws)).toBe(100);
  });

  it.each(Object.entries(SPACE))(
    '%s: a value is recovered from its position, and the bounds are included',
    (_, dimension) => {
      const last = 1 - 2 ** -53;
      for (const share of [0, 0.2, 0.5, 0.77, last]) {
        const value = valueAtQuantile(dimension, share);
        const place = encodeValue(dimension, value);
        if (isCategorical(dimension))
          expect('choices' in dimension && dimension.choices[place]).toBe(value);
        else if ('choices' in dimension)
          expect(dimension.choices[Math.round(place * 2)]).toBe(value);
        else expect(valueAtQuantile(dimension, Math.min(place, last))).toBe(value);
      }
      if ('low' in dimension) {
        expect([valueAtQuantile(dimension, 0), valueAtQuantile(dimension, last)]).toEqual([
          dimension.low,
          dimension.high,
        ]);
      }
    },
  );

  it('have six digits, and more if the range is narrow', () => {
    expect(valueAtQuantile({ low: 0, high: 1 }, 1 / 3)).toBe(0.333333);
    const narrow: Dimension = { low: 1000, high: 1000.001 };
    expect(valueAtQuantile(narrow, 0.5)).toBeCloseTo(1000.0005, 9);
    expect(valueAtQuantile(narrow, 1 / 3)).not.toBe(valueAtQuantile(narrow, 2 / 3));
  });

  it('are categorical only if they have no order', () => {
    const choices = [
      [1, 2, 5],
      [5, 1],
      ['a', 'b'],
      [false, true],
      [1, '2'],
    ];
    expect(choices.map((one) => isCategorical({ choices: one }))).toEqual([
      false,
      true,
      true,
      true,
      true,
    ]);
  });
});

describe('points', () => {
  it('of a grid are all combinations, the last dimension first', () => {
    const space: Space = { a: { choices: ['x', 'y'] }, b: { low: 1, high: 100, log: true } };
    expect(gridPoints(space)).toEqual(
      ['x', 'y'].flatMap((a) => [1, 10, 100].map((b) => ({ a, b }))),
    );
    expect(gridValues({ low: 1, high: 3, integer: true, points: 9 })).toEqual([1, 2, 3]);
    expect(gridValues({ low: 0, high: 1, points: 5 })).toEqual([0, 0.25, 0.5, 0.75, 1]);
  });

  it('that are random depend only on the seed and their number, and differ', () => {
    const few = randomPoints(SPACE, 5, new Rng(3));
    expect(randomPoints(SPACE, 9, new Rng(3)).slice(0, 5)).toEqual(few);
    expect(randomPoints(SPACE, 5, new Rng(4))).not.toEqual(few);
    const small: Space = { a: { choices: [1, 2, 3] }, b: { choices: [true, false] } };
    const all = randomPoints(small, 6, new Rng(0));
    expect(new Set(all.map((point) => JSON.stringify(point))).size).toBe(6);
    expect(spaceCardinality(small)).toBe(6);
    // No untried point is left, so a tried one is returned. `search` reports this case.
    expect(all).toContainEqual(untriedPoint(small, all, new Rng(1)));
  });

  it('nearby stay in the space, and reach every neighbour', () => {
    const rng = new Rng(5);
    let point = randomPoint(SPACE, rng);
    const seen = new Set<unknown>();
    for (let k = 0; k < 2000; k++) {
      point = perturbPoint(SPACE, point, { radius: 0.02, rng });
      expect(point.rate).toBeGreaterThanOrEqual(0.001);
      expect(point.rate).toBeLessThanOrEqual(0.1);
      seen.add(point.units).add(point.kind);
    }
    expect([3, 4, 5, 6, 'max', 'mean', true].filter((value) => !seen.has(value))).toEqual([]);
  });
});

describe('a space is refused', () => {
  it.each([
    [{ low: 2, high: 1 }, 'x: expected low below high, got 2 and 1'],
    [{ low: 1, high: 1 }, 'x: expected low below high, got 1 and 1'],
    [{ low: 0, high: 1, log: true }, 'x: expected low above 0 with log, got 0'],
    [{ low: '1', high: 2 }, 'x: expected low to be a number, got "1"'],
    [{ low: 1 }, 'x: expected high to be a number, got none'],
    [{}, 'x: expected low to be a number, got none'],
    [
      { low: 0, high: 1.5, integer: true },
      'x: expected low and high to be integers, got 0 and 1.5',
    ],
    [{ low: 0, high: 1, log: 'yes' }, 'x: expected log to be true or false, got "yes"'],
    [{ low: 0, high: 1, points: 1 }, 'x: expected points to be an integer of at least 2, got 1'],
    [
      { low: 0, high: 1, step: 2 },
      'x: unknown option step; expected one of choices, low, high, log, integer, points',
    ],
    [{ choices: [1, 2], low: 0 }, 'x: unknown option low; expected one of choices'],
    [{ choices: 3 }, 'x: expected choices to be a list, got 3'],
    [{ choices: [] }, 'x: expected at least two choices, got []'],
    [{ choices: [3] }, 'x: expected at least two choices, got [3]'],
    [{ choices: [3, 5, 3] }, 'x: expected choices that differ, got 3 twice'],
    [{ choices: [['a'], ['a']] }, 'x: expected choices that differ, got ["a"] twice'],
    [
      { choices: [1, null] },
      'x: expected choices that are numbers, text, true, false or lists of text, got null',
    ],
    [
      { choices: [1, undefined] },
      'x: expected choices that are numbers, text, true, false or lists of text, got undefined',
    ],
  ])('%j', (dimension, message) => {
    expect(() => checkDimension('x', dimension)).toThrow(new Error(message));
  });

  it('without a dimension', () => {
    expect(() => checkSpace({})).toThrow(
      'expected something that varies, as { "low": 0.01, "high": 0.1 } or { "choices": [3, 5] }, got nothing',
    );
  });
});

test('names are as short as possible while unique, and values have four digits', () => {
  const dimension = { choices: [1, 2] };
  expect(
    shortName({ 'architecture.units': dimension, rate: dimension }, 'architecture.units'),
  ).toBe('units');
  expect(shortName({ 'architecture.rate': dimension, rate: dimension }, 'architecture.rate')).toBe(
    'architecture.rate',
  );
  expect([0.0123456, 12, false, ['a', 'b'], []].map(formatValue)).toEqual([
    '0.01235',
    '12',
    'false',
    'a, b',
    'none',
  ]);
});
