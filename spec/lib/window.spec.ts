import {
  clampInterval,
  groupedChannels,
  hull,
  inputsOf,
  paddedPosition,
  perPosition,
  samePosition,
} from '../../lib/window.ts';
import type { PaddingMode } from '../../lib/geometry.ts';

test.each<[mode: PaddingMode, places: (number | undefined)[]]>([
  ['zeros', [undefined, undefined, 0, 3, undefined, undefined]],
  ['replicate', [0, 0, 0, 3, 3, 3]],
  ['reflect', [2, 1, 0, 3, 2, 1]],
  ['circular', [2, 3, 0, 3, 0, 1]],
])('paddedPosition: the position that padding mode %s copies', (mode, places) => {
  expect([-2, -1, 0, 3, 4, 5].map((place) => paddedPosition(place, 4, mode))).toEqual(places);
});

test('clampInterval cuts to the axis, and returns undefined outside it', () => {
  expect(clampInterval([-2, 1], 4)).toEqual([0, 1]);
  expect(clampInterval([2, 9], 4)).toEqual([2, 3]);
  expect(clampInterval([4, 9], 4)).toBeUndefined();
  expect(clampInterval([-3, -1], 4)).toBeUndefined();
});

test('hull contains all ranges; perPosition is the hull over the outputs', () => {
  expect(hull([])).toBeUndefined();
  expect(hull([[3, 4], [1, 1], [2, 9]])).toEqual([1, 9]); // prettier-ignore
  const twice = perPosition((output) => [2 * output, output === 1 ? undefined : 2 * output + 1]);
  expect(twice([0, 0])).toEqual([0, 1]);
  expect(twice([1, 1])).toEqual([2, 2]);
  expect(twice([0, 2])).toEqual([0, 5]);
});

test('groupedChannels: 6 channels in 3 groups give 9', () => {
  expect(groupedChannels(3, 2)([4, 4])).toEqual([2, 3]);
  expect(groupedChannels(3, 2)([2, 3])).toEqual([0, 3]);
});

describe('inputsOf', () => {
  const outputs = [[1, 2], [0, 1], [3, 3]] as const; // prettier-ignore
  const image = [1, 4, 5, 6];

  test('the named windows', () => {
    expect(inputsOf('elementwise', outputs, image, image)).toEqual(outputs);
    expect(inputsOf('channels', outputs, image, image)).toEqual([[1, 2], [0, 1], [0, 5]]); // prettier-ignore
    expect(inputsOf('global', [[7, 7]], image, [1, 9])).toEqual([[0, 3], [0, 4], [0, 5]]); // prettier-ignore
    expect(inputsOf('globalPerChannel', [[2, 2]], image, [1, 6])).toEqual([[0, 3], [0, 4], [2, 2]]); // prettier-ignore
  });

  test('identity in the same shape, and reshaped to a vector and back', () => {
    expect(inputsOf('identity', outputs, image, image)).toEqual(outputs);
    // Position (1, 2, 3) is element 1·30 + 2·6 + 3 = 45 of the vector.
    expect(inputsOf('identity', [[45, 45]], image, [1, 120])).toEqual([[1, 1], [2, 2], [3, 3]]); // prettier-ignore
    // Elements 45 to 49 lie in two columns, so the block contains all channels.
    expect(inputsOf('identity', [[45, 49]], image, [1, 120])).toEqual([[1, 1], [2, 3], [0, 5]]); // prettier-ignore
    expect(inputsOf('identity', [[1, 1], [2, 2], [3, 3]], [1, 120], image)).toEqual([[45, 45]]); // prettier-ignore
  });

  test('a window over positions that sees only padding depends on nothing', () => {
    const axis = { size: 1, step: 1, inputsOf: perPosition((at) => [paddedPosition(at - 1, 4, 'zeros')]) }; // prettier-ignore
    const window = { axes: [axis], channels: samePosition };
    expect(inputsOf(window, [[0, 0], [2, 2]], [1, 4, 3], [1, 6, 3])).toBeUndefined(); // prettier-ignore
    expect(inputsOf(window, [[0, 1], [2, 2]], [1, 4, 3], [1, 6, 3])).toEqual([[0, 0], [2, 2]]); // prettier-ignore
  });
});
