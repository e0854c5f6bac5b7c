import { estimate, median } from '../../lib/estimate.ts';

test('the standard error is s/√n', () => {
  // Deviations −1, 0 and 1: s² = 1.
  expect(estimate([2, 3, 4])).toEqual({ mean: 3, standardError: Math.sqrt(1 / 3) });
  expect(estimate([2])).toEqual({ mean: 2, standardError: undefined });
});

test('the median is the lower one of two values in the middle', () => {
  expect(median([10, 9, 2])).toBe(9);
  expect(median([10, 9, 2, 3])).toBe(3);
});
