import { batches, shuffledBatches } from '../../data/batches.ts';
import { inputError } from '../support/inputError.ts';
import { Rng } from '../../lib/rng.ts';

const all = (of: Iterable<Int32Array>) => [...of].map((batch) => [...batch]);

describe('batches', () => {
  it('goes in order and ends with a short batch', () => {
    expect(all(batches(7, 3))).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(all(batches(6, 3))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(all(batches(2, 5))).toEqual([[0, 1]]);
  });
});

describe('shuffledBatches', () => {
  it('has every example once, in an order that depends only on the generator', () => {
    const epoch = all(shuffledBatches(103, 10, new Rng(3)));
    expect(epoch.map((batch) => batch.length)).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 3]);
    expect(epoch.flat()).toEqual([...new Rng(3).permutation(103)]);
    expect(epoch.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 103 }, (_, i) => i));
  });

  it('gives another order in the next epoch, and advances the generator at the call', () => {
    const rng = new Rng(3);
    const first = shuffledBatches(20, 20, rng);
    const { counter } = rng.state;
    const second = shuffledBatches(20, 20, rng);
    expect(all(first)).not.toEqual(all(second));
    expect(counter).toBe(19);
  });
});

describe.each([
  ['batches', batches],
  ['shuffledBatches', (length: number, size: number) => shuffledBatches(length, size, new Rng(0))],
])('%s', (name, run) => {
  it.each([0, -1, 1.5, NaN, Infinity])(
    'refuses a batch size or length of %d at the call',
    (bad) => {
      expect(() => run(5, bad)).toThrow(
        inputError(`${name}: expected a batch size that is an integer of at least 1, got ${bad}`),
      );
      expect(() => run(bad, 5)).toThrow(
        inputError(`${name}: expected a length that is an integer of at least 1, got ${bad}`),
      );
    },
  );
});
