import { Rng, useBackend } from '../../index.ts';
import { ArrayDataset, augment, batches, flip, split, subset } from '../../data/index.ts';
import { applyPreprocessing, preprocessedShape } from '../../data/preprocessingSteps.ts';
import { xor } from '../support/toy.ts';
import { inputError } from '../support/inputError.ts';

beforeAll(() => useBackend('cpu'));

const labels = async (data: ReturnType<typeof subset>) => {
  const found: number[] = [];
  for (const indices of batches(data.length, 5))
    found.push(...(await data.batch(indices)).labels.dataSync());
  return found;
};

test('the parts are disjoint and complete, and depend only on the generator', async () => {
  const data = xor(31);
  const all = Array.from({ length: 31 }, (_, i) => i);
  const seen: number[] = [];
  const batch = (indices: Int32Array) => {
    seen.push(...indices);
    return data.batch(indices);
  };
  const parts = split({ ...subset(data, all), batch }, [0.7, 0.2, 0.1], new Rng(3));
  expect(parts.map(({ length }) => length)).toEqual([22, 6, 3]);
  for (const part of parts) await labels(part);
  expect([...seen].sort((a, b) => a - b)).toEqual(all);
  expect(seen).not.toEqual(all);
  const again = split(data, [0.7, 0.2, 0.1], new Rng(3));
  expect(await labels(again[0])).toEqual(await labels(parts[0]));
});

test('classes keep their names through every transformation of the examples', () => {
  const inputs = Float32Array.from({ length: 4 * 30 }, (_, i) => i / 120);
  const named = new ArrayDataset({
    name: 'pets',
    inputs,
    inputShape: [5, 6, 1],
    labels: [0, 1, 1, 0],
    classes: 2,
    classNames: ['cat', 'dog'],
  });
  const preparations = [{ pad: 1 }, { crop: [6, 4] }] as const;
  const seen = augment(applyPreprocessing(subset(named, [2, 0, 1]), preparations), [flip()]);
  expect(seen).toMatchObject({ name: 'pets', length: 3, classes: 2, classNames: ['cat', 'dog'] });
  expect(seen.inputShape).toEqual([6, 4, 1]);
  expect(preprocessedShape([5, 6, 1], preparations)).toEqual([6, 4, 1]);
});

test.each([
  [
    () => split(xor(), [0.5, 0.6], new Rng(0)),
    'split: expected fractions above 0 that sum to 1, got [0.5, 0.6]',
  ],
  [
    () => split(xor(), [1, 0], new Rng(0)),
    'split: expected fractions above 0 that sum to 1, got [1, 0]',
  ],
  [() => split(xor(4), [0.99, 0.01], new Rng(0)), 'xor: expected at least one example, got none'],
  [() => subset(xor(4), [0, 4]), 'xor: expected examples from 0 to 3, got 4'],
  [() => subset(xor(4), [0, NaN]), 'xor: expected examples from 0 to 3, got NaN'],
  [() => subset(xor(4), [1.5]), 'xor: expected examples from 0 to 3, got 1.5'],
  [
    () => subset(xor(4), [1]).batch(Int32Array.of(1)),
    'xor: batch: expected an index from 0 to 0, got 1',
  ],
])('refuses %#', (act, message) => {
  expect(act).toThrow(inputError(message));
});
