import { coordinates, flatIndex } from '../../lib/coordinates.ts';

test('the last axis runs fastest', () => {
  expect(coordinates(0, [2, 3, 5])).toEqual([0, 0, 0]);
  expect(coordinates(23, [2, 3, 5])).toEqual([1, 1, 3]);
  expect(coordinates(0, [])).toEqual([]);
});

test('the flat index is the inverse', () => {
  const shape = [2, 3, 5];
  for (let index = 0; index < 30; index++) {
    expect(flatIndex(coordinates(index, shape), shape)).toBe(index);
  }
});
