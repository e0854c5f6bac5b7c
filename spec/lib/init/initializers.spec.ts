import { useBackend } from '../../../lib/backend/useBackend.ts';
import * as init from '../../../lib/init/initializers.ts';
import { Rng } from '../../../lib/rng.ts';
import { expectNoLeak, messageOf } from '../../support/compare.ts';

const SHAPE = [250, 160];
const FAN = { fanIn: 160, fanOut: 250 };

function draw(initializer: init.Initializer, seed = 0): number[] {
  return Array.from(initializer(SHAPE, FAN, new Rng(seed)));
}

describe.each<[string, init.Initializer, number, number]>([
  // name, initializer, variance, bound
  ['glorotUniform', init.glorotUniform, 2 / 410, Math.sqrt(6 / 410)],
  ['glorotNormal', init.glorotNormal, 2 / 410, Infinity],
  ['heNormal', init.heNormal, 2 / 160, Infinity],
  ['heUniform', init.heUniform, 2 / 160, Math.sqrt(6 / 160)],
  ['preluNormal(0.5)', init.preluNormal(0.5), 2 / (1.25 * 160), Infinity],
])('%s', (_, initializer, variance, bound) => {
  const values = draw(initializer);

  test('has mean 0 and the variance of its formula', () => {
    expect(values).toHaveLength(250 * 160);
    const mean = values.reduce((sum, w) => sum + w, 0) / values.length;
    const measured = values.reduce((sum, w) => sum + (w - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(variance / values.length));
    expect(Math.abs(measured / variance - 1)).toBeLessThan(0.03);
  });

  test('fills its bounds, if it has any, and stays within them', () => {
    const largest = Math.max(...values.map(Math.abs));
    expect(largest).toBeLessThanOrEqual(bound);
    expect(largest).toBeGreaterThan(bound === Infinity ? 3.5 * Math.sqrt(variance) : 0.999 * bound);
  });

  test('the same seed, and only that, repeats the values', () => {
    expect(draw(initializer)).toEqual(values);
    expect(draw(initializer, 1)).not.toEqual(values);
  });

  test('refuses to draw without a generator', () => {
    expect(messageOf(() => initializer(SHAPE, FAN, undefined))).toBe(
      'expected options.rng, such as new Rng(0), to draw from, got undefined',
    );
  });
});

test('fill, zeros and values need no generator', () => {
  expect(Array.from(init.fill(3)([2, 2], FAN, undefined))).toEqual([3, 3, 3, 3]);
  expect(Array.from(init.zeros([3], FAN, undefined))).toEqual([0, 0, 0]);
  const nested = [
    [1, 2],
    [3, 4],
  ];
  expect(init.values(nested)([2, 2], FAN, undefined)).toEqual([1, 2, 3, 4]);
  expect(init.values([1, 2, 3, 4])([2, 2], FAN, undefined)).toEqual([1, 2, 3, 4]);
});

test('a wrong number of values is refused', () => {
  expect(messageOf(() => init.values([1, 2, 3])([2, 2], FAN, undefined))).toBe(
    'expected 4 initial values for shape [2, 2], got 3',
  );
});

describe('createParam', () => {
  class Toy {}
  beforeAll(() => useBackend('cpu'));

  test('makes one unnamed variable', () => {
    expectNoLeak(() => {
      const param = init.createParam(new Toy(), 'weight', [2, 2], FAN, init.values([1, 2, 3, 4]));
      expect(param.arraySync()).toEqual([
        [1, 2],
        [3, 4],
      ]);
      expect(param.trainable).toBe(true);
      param.dispose();
    });
  });

  test('names the box and the parameter in errors', () => {
    expect(messageOf(() => init.createParam(new Toy(), 'scale', [2], FAN, init.heNormal))).toBe(
      'Toy: scale: expected options.rng, such as new Rng(0), to draw from, got undefined',
    );
  });

  test("does not change an initializer's own error", () => {
    const broken = () => {
      throw new RangeError('my own');
    };
    expect(() => init.createParam(new Toy(), 'weight', [2], FAN, broken)).toThrow(
      new RangeError('my own'),
    );
  });
});
