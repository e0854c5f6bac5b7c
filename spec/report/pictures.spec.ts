import { decode } from 'fast-png';
import { tiles, wrapped, type Range } from '../../report/pictures.ts';

const picture = (...values: number[]) => ({ height: 1, width: 2, channels: 1, values });
const pixels = (range?: Range) => {
  const { png, ...size } = tiles([picture(0, 4), picture(-1, 1), picture(2, 2)], 2, range);
  const { width, height, data } = decode(png);
  expect(size).toEqual({ height, width });
  return [width, height, ...data];
};

test('tiles are separated by white lines, and each has its own range from black to white', () => {
  expect(pixels()).toEqual([
    5, 3, 0, 255, 255, 0, 255, 255, 255, 255, 255, 255, 128, 128, 255, 255, 255,
  ]);
});

test('the range can be symmetric about 0, or given by two numbers', () => {
  expect(pixels('around 0').slice(2, 7)).toEqual([128, 255, 255, 0, 255]);
  expect(pixels([0, 5]).slice(2, 7)).toEqual([0, 204, 255, 0, 51]);
});

test('three channels are colours', () => {
  const { png } = tiles([{ height: 1, width: 2, channels: 3, values: [0, 1, 2, 2, 1, 0] }], 1);
  expect([...decode(png).data]).toEqual([0, 128, 255, 255, 128, 0]);
});

test('numbers are arranged in rows, and the rest is filled with the smallest', () => {
  expect(wrapped([3, 1, 2, 5, 4], 3)).toEqual({
    height: 2,
    width: 3,
    channels: 1,
    values: Float32Array.of(3, 1, 2, 5, 4, 1),
  });
});
