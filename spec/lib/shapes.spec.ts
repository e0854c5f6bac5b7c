import { numElements } from '../../lib/shapes.ts';

test('numElements is the product of the sizes, 1 for a scalar', () => {
  expect([[2, 3, 4], [], [5, 0]].map(numElements)).toEqual([24, 1, 0]);
});
