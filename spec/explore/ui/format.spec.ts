import { format, short } from '../../../explore/ui/format.ts';

test.each([
  [100, '100'],
  [0, '0'],
  [-0.5, '−0.5'],
  [1e-10, '1e−10'],
  [-1.25e20, '−1.25e+20'],
])('%p in short is %s', (value, text) => {
  expect(short(value)).toBe(text);
});

test('a number that four decimals do not show is a power of ten', () => {
  expect([12.34567, 0.00001, 1e308, -Infinity].map((value) => format(value))).toEqual([
    '12.3457',
    '1.00e−5',
    '1.00e+308',
    '−∞',
  ]);
});
