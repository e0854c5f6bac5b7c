import { readNumber, readNumbers } from '../../../explore/ui/readNumber.ts';

test.each([
  ['−1.5', -1.5],
  [' 0,25 ', 0.25],
  ['1e3', 1000],
])('%s is a number', (text, value) => {
  expect(readNumber(text)).toEqual({ value });
});

test.each([
  ['abc', {}, 'expected a number, got abc'],
  ['1/3', {}, 'expected a number, got 1/3'],
  ['1e400', {}, 'expected a number, got 1e400'],
  ['  ', {}, 'expected a number, got nothing'],
  ['-0.1', { above: 0 }, 'expected a number above 0, got -0.1'],
  ['1.5', { whole: true, least: 1, most: 512 }, 'expected a whole number from 1 to 512, got 1.5'],
  ['513', { whole: true, least: 1, most: 512 }, 'expected a whole number from 1 to 512, got 513'],
  ['-1', { whole: true, least: 0 }, 'expected a whole number of at least 0, got -1'],
  ['0.2', { most: 0 }, 'expected a number of at most 0, got 0.2'],
])('%s by %p: the problem is told', (text, rule, problem) => {
  expect(readNumber(text, rule)).toEqual({ problem });
});

test('a list has commas, spaces or semicolons between its numbers', () => {
  expect(readNumbers('1, −2;3  4', 12)).toEqual({ values: [1, -2, 3, 4] });
});

test.each([
  ['1, abc', 'expected numbers, got abc'],
  ['1, 1e400', 'expected numbers, got 1e400'],
  ['', 'expected numbers, got nothing'],
  ['1 2 3 4', 'expected at most 3 numbers, got 4'],
])('the list %p is refused', (text, problem) => {
  expect(readNumbers(text, 3)).toEqual({ problem });
});
