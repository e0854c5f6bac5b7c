import { normalizedCode, sameCode } from '../../../psets/class/sameCode.ts';

test.each([
  ['comments and spaces', 'const a = 1; // one', '/* 1 */ const  a=1;'],
  ['names', 'const f = (x) => x.map((v) => v * 2);', 'const g = (y) => y.map((w) => w * 2);'],
  ['semicolons and trailing commas', 'f(a, b,);\ng()', 'f(a, b)\ng();'],
  ['quotes', "f('zeros')", 'f("zeros")'],
])('codes that differ only in %s are the same', (_, a, b) => {
  expect(normalizedCode(a)).toBe(normalizedCode(b));
});

test.each([
  ['a property', 'Math.min(a, b)', 'Math.max(a, b)'],
  ['a number', 'a * 2', 'a * 3'],
  ['an operator', 'a - b', 'a + b'],
  ['which name is used', '(a, b) => a - b', '(a, b) => b - a'],
  ['a text', "kind === 'relu'", "kind === 'tanh'"],
  ['a text that looks like a comment', "f('//a')", "f('//b')"],
  ['a keyword', 'let a = b', 'const a = b'],
])('codes that differ in %s are different', (_, a, b) => {
  expect(normalizedCode(a)).not.toBe(normalizedCode(b));
});

test('groups are numbered in order, and a code without a twin has none', () => {
  expect(sameCode(['a', 'b', 'c', 'b', '', 'a', ''])).toEqual([
    1,
    2,
    undefined,
    2,
    undefined,
    1,
    undefined,
  ]);
});
