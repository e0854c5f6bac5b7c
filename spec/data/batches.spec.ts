import { batchCount, batches, shuffledBatches } from '../../data/batches.ts';
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

describe('dropLast', () => {
  const dropLast = true;

  it('leaves out a short last batch, and only that', () => {
    expect(all(batches(7, 3, { dropLast }))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(all(batches(6, 3, { dropLast }))).toEqual(all(batches(6, 3)));
    expect(all(batches(3, 3, { dropLast }))).toEqual([[0, 1, 2]]);
  });

  it('leaves out the end of the order', () => {
    const whole = all(shuffledBatches(65, 64, new Rng(3)));
    expect(all(shuffledBatches(65, 64, new Rng(3), { dropLast }))).toEqual([whole[0]]);
  });

  it('changes the number of batches', () => {
    expect([batchCount(65, 64), batchCount(65, 64, { dropLast })]).toEqual([2, 1]);
    expect([batchCount(64, 64), batchCount(64, 64, { dropLast })]).toEqual([1, 1]);
  });
});

describe.each([
  ['batches', batches],
  ['batchCount', batchCount],
  [
    'shuffledBatches',
    (length: number, size: number, options?: object) =>
      shuffledBatches(length, size, new Rng(0), options),
  ],
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

  it('refuses options that leave no batch, or that do not exist', () => {
    expect(() => run(10, 64, { dropLast: true })).toThrow(
      inputError(`${name}: expected a batch size of at most the 10 examples with dropLast, got 64`),
    );
    expect(() => run(10, 5, { dropLast: 'yes' } as never)).toThrow(
      inputError(`${name}: expected dropLast to be true or false, got "yes"`),
    );
    expect(() => run(10, 5, { dropLst: true } as never)).toThrow(
      `${name}: unknown option dropLst; did you mean dropLast?`,
    );
  });
});
