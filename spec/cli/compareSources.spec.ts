import { checkSameExamples, fewExamples } from '../../cli/compareSources.ts';
import { ArrayDataset } from '../../data/dataset.ts';
import { inputError } from '../support/inputError.ts';

const photos = (labels: readonly number[], classNames?: readonly string[]) =>
  new ArrayDataset({
    name: 'photos',
    inputs: Float32Array.from(labels, (_, i) => i),
    inputShape: [1],
    labels,
    classes: 2,
    ...(classNames && { classNames }),
  });

test('examples are the same if their classes are, however these are numbered', () => {
  const one = photos([0, 0, 1], ['cat', 'dog']);
  expect(() => checkSameExamples(one, photos([1, 1, 0], ['dog', 'cat']))).not.toThrow();
  expect(() => checkSameExamples(photos([0, 1]), photos([0, 1]))).not.toThrow();
  const other = inputError(
    'compare: expected the same test examples for both networks, got 3 of photos and 3 of photos',
  );
  expect(() => checkSameExamples(one, photos([0, 0, 1], ['dog', 'cat']))).toThrow(other);
  expect(() => checkSameExamples(one, photos([0, 1, 1], ['cat', 'dog']))).toThrow(other);
  expect(() => checkSameExamples(photos([0, 1]), photos([0, 0]))).toThrow(
    inputError(
      'compare: expected the same test examples for both networks, got 2 of photos and 2 of photos',
    ),
  );
});

test('few examples are told, with the deviation of CKA between unrelated boxes', () => {
  // √(2/(n (n − 3))) for one minibatch: 0.71 for 4, 0.11 for 15 and 0.098 for 16.
  expect(fewExamples({ examples: 4, batchSize: 4 })).toBe(
    '4 examples in minibatches of 4 are few: CKA of unrelated boxes is then 0 ± 0.7',
  );
  expect(fewExamples({ examples: 15, batchSize: 15 })).toContain('0 ± 0.1');
  expect(fewExamples({ examples: 16, batchSize: 16 })).toBeUndefined();
  expect(fewExamples({ examples: 2000, batchSize: 4 })).toBeUndefined();
});
