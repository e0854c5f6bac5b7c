import fc from 'fast-check';
import { checkPadding, pair, axisGeometry, convGeometry, type Pair } from '../../lib/geometry.ts';
import { messageOf } from '../support/compare.ts';

const SEED = { seed: 0, numRuns: 500 };
const sizes = {
  input: fc.integer({ min: 1, max: 30 }),
  kernel: fc.integer({ min: 1, max: 8 }),
  stride: fc.integer({ min: 1, max: 6 }),
  dilation: fc.integer({ min: 1, max: 4 }),
  padding: fc.integer({ min: 0, max: 6 }),
};

/** Counts by trial the windows whose last tap (kernel cell) lies inside the padded input. */
function countWindows(cells: number, kernel: number, stride: number, dilation: number): number {
  let windows = 0;
  for (let first = 0; first < cells; first += stride) {
    const taps = Array.from({ length: kernel }, (_, tap) => first + tap * dilation);
    if (taps.every((tap) => tap < cells)) windows++;
  }
  return windows;
}

test('the number of window positions equals a count by trial', () => {
  fc.assert(
    fc.property(fc.record(sizes), ({ input, kernel, stride, dilation, padding }) => {
      const axis = axisGeometry(input, kernel, stride, dilation, padding);
      expect(axis).toMatchObject({
        input,
        kernel,
        stride,
        dilation,
        before: padding,
        after: padding,
      });
      // If the window is larger than the padded input, the output size is 0 or less, and
      // `convGeometry` refuses it.
      expect(Math.max(axis.output, 0)).toBe(
        countWindows(input + 2 * padding, kernel, stride, dilation),
      );
    }),
    SEED,
  );
});

test('"valid" is padding 0', () => {
  fc.assert(
    fc.property(fc.record(sizes), ({ input, kernel, stride, dilation }) => {
      expect(axisGeometry(input, kernel, stride, dilation, 'valid')).toEqual(
        axisGeometry(input, kernel, stride, dilation, 0),
      );
    }),
    SEED,
  );
});

test('"same" gives ⌈size / stride⌉ outputs with the least padding, an odd cell at the end', () => {
  fc.assert(
    fc.property(fc.record(sizes), ({ input, kernel, stride, dilation }) => {
      const { output, before, after } = axisGeometry(input, kernel, stride, dilation, 'same');
      expect(output).toBe(Math.ceil(input / stride));
      expect([0, 1]).toContain(after - before);
      const padded = input + before + after;
      expect(countWindows(padded, kernel, stride, dilation)).toBe(output);
      if (before + after > 0)
        expect(countWindows(padded - 1, kernel, stride, dilation)).toBeLessThan(output);
    }),
    SEED,
  );
});

class Toy {}
const box = new Toy();

test('slideOver handles height and width separately', () => {
  const { height, width } = convGeometry(box, 9, 12, {
    kernelSize: [2, 5],
    stride: [3, 1],
    dilation: [2, 1],
    padding: [1, 0],
  });
  expect(height).toEqual({
    input: 9,
    output: 3,
    kernel: 2,
    stride: 3,
    dilation: 2,
    before: 1,
    after: 1,
  });
  expect(width).toEqual({
    input: 12,
    output: 8,
    kernel: 5,
    stride: 1,
    dilation: 1,
    before: 0,
    after: 0,
  });
});

test('pair reads a number for both axes, and copies a pair', () => {
  const given: [number, number] = [2, 3];
  expect(pair(box, 'stride', 4)).toEqual([4, 4]);
  expect(pair(box, 'stride', given)).toEqual([2, 3]);
  expect(pair(box, 'stride', given)).not.toBe(given);
  expect(pair(box, 'padding', 0, 0)).toEqual([0, 0]);
});

test('checkPadding returns words unchanged and numbers as a pair', () => {
  expect(checkPadding(box, 'same')).toBe('same');
  expect(checkPadding(box, 'valid')).toBe('valid');
  expect(checkPadding(box, 2)).toEqual([2, 2]);
});

describe('refuses', () => {
  const window = (
    kernelSize: [number, number],
    padding: Pair,
    dilation: [number, number] = [1, 1],
  ) => convGeometry(box, 3, 4, { kernelSize, stride: [1, 1], dilation, padding });
  const positive = 'expected stride to be an integer of at least 1, or a pair [height, width]';
  test.each<[string, () => unknown]>([
    [
      'Toy.forward: expected a padded input of at least 4x1 for the kernel, got 3x4',
      () => window([4, 1], 0),
    ],
    [
      'Toy.forward: expected a padded input of at least 1x7 for the kernel, got 5x6',
      () => window([1, 7], 1),
    ],
    [
      'Toy.forward: expected a padded input of at least 5x3 for the kernel, got 3x4',
      () => window([3, 3], 0, [2, 1]),
    ],
    [`Toy: ${positive}, got 0`, () => pair(box, 'stride', 0)],
    [`Toy: ${positive}, got [1, 1.5]`, () => pair(box, 'stride', [1, 1.5])],
    [`Toy: ${positive}, got [1]`, () => pair(box, 'stride', [1] as unknown as Pair)],
    [`Toy: ${positive}, got "2"`, () => pair(box, 'stride', '2' as unknown as Pair)],
    [`Toy: ${positive}, got undefined`, () => pair(box, 'stride', undefined as unknown as Pair)],
    [
      'Toy: expected padding to be an integer of at least 0, or a pair [height, width], got [0, -1]',
      () => checkPadding(box, [0, -1]),
    ],
    [
      'Toy: expected padding to be "valid", "same", an integer or a pair [height, width], got "SAME"',
      () => checkPadding(box, 'SAME' as 'same'),
    ],
  ])('%s', (message, mistake) => {
    expect(messageOf(mistake)).toBe(message);
  });
});
