import { Rng, threefry2x32 } from '../../lib/rng.ts';
import { messageOf } from '../support/compare.ts';

const take = (rng: Rng, count = 5) => [...rng.uniforms(count)];

describe('threefry2x32', () => {
  // The known answers for "threefry2x32 20" in the file kat_vectors of Random123.
  test.each([
    [[0, 0], [0, 0], '6b200159 99ba4efe'],
    [[0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '1cb996fc bb002be7'],
    [[0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3], 'c4923a9c 483df7a0'],
  ] as [[number, number], [number, number], string][])(
    'key %p, counter %p gives %s',
    (key, counter, block) => {
      const hex = threefry2x32(key, counter).map((word) => word.toString(16).padStart(8, '0'));
      expect(hex.join(' ')).toBe(block);
    },
  );
});

describe('a stream', () => {
  test('depends only on the seed, and 0 is a valid seed', () => {
    expect(take(new Rng(0))).toEqual(take(new Rng(0)));
    expect(take(new Rng(0))).not.toEqual(take(new Rng(1)));
  });

  test('depends on all 53 bits of the seed', () => {
    const seeds = [1, 1 + 2 ** 32, 2 ** 53 - 1, 2 ** 31, 2 ** 32];
    expect(new Set(seeds.map((seed) => new Rng(seed).uniform())).size).toBe(seeds.length);
  });

  test('starts, for seed 0, with the first known answer', () => {
    const [high, low] = [0x6b200159 >>> 5, 0x99ba4efe >>> 6];
    expect(new Rng(0).uniform()).toBe((high * 2 ** 26 + low) / 2 ** 53);
  });

  test('continues from a state that was saved as JSON', () => {
    const rng = new Rng(7);
    take(rng, 3);
    const saved = JSON.stringify(rng.state);
    const next = take(rng);
    expect(take(Rng.fromState(JSON.parse(saved) as Rng['state']))).toEqual(next);
    expect(take(rng)).not.toEqual(next);
  });

  test('continues beyond 2^32 draws', () => {
    const from = (counter: number) => take(Rng.fromState({ key: [1, 2], counter }), 3);
    expect(from(2 ** 32)).not.toEqual(from(0));
    expect(from(2 ** 32 - 1).slice(1)).toEqual(from(2 ** 32).slice(0, 2));
  });

  test('a clone gives the same numbers, and does not change the original', () => {
    const rng = new Rng(3);
    const clone = rng.clone();
    const first = take(rng);
    expect(take(clone)).toEqual(first);
  });
});

describe('split', () => {
  test('gives streams that differ from each other and from their parent', () => {
    const rng = new Rng(0);
    const streams = [rng.split(), rng.split(), rng, new Rng(1)].map((each) => take(each));
    expect(new Set(streams.flat()).size).toBe(20);
  });

  test('gives a stream that later draws of the parent do not change', () => {
    const [a, b] = [new Rng(5), new Rng(5)];
    const [child, same] = [a.split(), b.split()];
    take(a, 100);
    expect(take(child)).toEqual(take(same));
  });

  test('gives streams without correlation', () => {
    const rng = new Rng(2);
    const [a, b] = [rng.split().normals(20_000), rng.split().normals(20_000)];
    const covariance = a.reduce((sum, value, i) => sum + value * b[i], 0) / a.length;
    expect(Math.abs(covariance)).toBeLessThan(0.02);
  });
});

describe('distributions', () => {
  const moments = (values: Float64Array) => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    const central = (power: number) =>
      values.reduce((sum, x) => sum + (x - mean) ** power, 0) / values.length;
    return { mean, variance: central(2), fourth: central(4) };
  };

  test('uniform is in [0, 1) with mean 1/2, variance 1/12 and fourth moment 1/80', () => {
    const values = new Rng(0).uniforms(100_000);
    expect(values.every((x) => x >= 0 && x < 1)).toBe(true);
    const { mean, variance, fourth } = moments(values);
    expect(mean).toBeCloseTo(1 / 2, 2);
    expect(variance).toBeCloseTo(1 / 12, 3);
    expect(fourth).toBeCloseTo(1 / 80, 3);
  });

  test('uniforms stay in their bounds and fill them', () => {
    const values = new Rng(0).uniforms(10_000, -3, 5);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-3);
    expect(Math.min(...values)).toBeLessThan(-2.99);
    expect(Math.max(...values)).toBeLessThan(5);
    expect(Math.max(...values)).toBeGreaterThan(4.99);
  });

  test('normal has mean 0, variance 1 and fourth moment 3', () => {
    const { mean, variance, fourth } = moments(new Rng(0).normals(100_000));
    expect(Math.abs(mean)).toBeLessThan(0.01);
    expect(Math.abs(variance - 1)).toBeLessThan(0.02);
    expect(Math.abs(fourth - 3)).toBeLessThan(0.1);
  });

  test('normals have the mean and the standard deviation asked for', () => {
    const { mean, variance } = moments(new Rng(0).normals(100_000, 10, 3));
    expect(Math.abs(mean - 10)).toBeLessThan(0.03);
    expect(Math.abs(variance - 9)).toBeLessThan(0.2);
  });

  test('integers are all drawn equally often', () => {
    const rng = new Rng(0);
    const counts = new Array<number>(5).fill(0);
    for (let i = 0; i < 50_000; i++) counts[rng.integer(5)]++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(300);
  });

  test('pick gives every value, and nothing else', () => {
    const rng = new Rng(0);
    const picked = new Set(Array.from({ length: 100 }, () => rng.pick(['a', 'b', 'c'])));
    expect([...picked].sort()).toEqual(['a', 'b', 'c']);
  });

  test('permutation has every integer once, and every order is as likely', () => {
    const rng = new Rng(0);
    expect([...rng.permutation(100)].sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
    expect([...rng.permutation(0)]).toEqual([]);
    const orders = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const order = rng.permutation(3).join('');
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
    expect([...orders.keys()].sort()).toEqual(['012', '021', '102', '120', '201', '210']);
    for (const count of orders.values()) expect(Math.abs(count - 2000)).toBeLessThan(150);
  });
});

test('skip leaves out draws', () => {
  const [rng, other] = [new Rng(3), new Rng(3)];
  const all = other.uniforms(7);
  rng.skip(2);
  expect(rng.uniform()).toBe(all[2]);
  rng.skip(0);
  rng.skip(3);
  expect(rng.uniform()).toBe(all[6]);
});

describe('refuses', () => {
  const seed = 'Rng: expected seed to be an integer from 0 to 2^53 - 1';
  test.each<[string, () => unknown]>([
    [`${seed}, got -1`, () => new Rng(-1)],
    [`${seed}, got 0.5`, () => new Rng(0.5)],
    [`${seed}, got NaN`, () => new Rng(NaN)],
    [`${seed}, got 9007199254740992`, () => new Rng(2 ** 53)],
    [`${seed}, got "1"`, () => new Rng('1' as unknown as number)],
    [
      'Rng.integer: expected below to be an integer of at least 1, got 0',
      () => new Rng(0).integer(0),
    ],
    [
      'Rng.integer: expected below to be an integer of at least 1, got 2.5',
      () => new Rng(0).integer(2.5),
    ],
    ['Rng.skip: expected count to be an integer of at least 0, got -1', () => new Rng(0).skip(-1)],
  ])('%s', (message, mistake) => {
    expect(messageOf(mistake)).toBe(message);
  });
});
