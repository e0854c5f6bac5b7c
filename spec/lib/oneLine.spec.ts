import { importFailure } from '../../lib/backend/failure.ts';
import { oneLine, shorten } from '../../lib/oneLine.ts';

test.each([
  ['  two\n lines \r\n', 'two lines'],
  ['a\u2028b\u2029c\u0085d', 'a b c d'],
  ['a\tb\u001b[31m', 'a b [31m'],
  ['blanks   within a line stay', 'blanks   within a line stay'],
  ['', ''],
])('oneLine(%j)', (text, line) => expect(oneLine(text)).toBe(line));

test('keeps the end of a long text, because it says what to do', () => {
  const line = oneLine(`expected a name, got ${'x'.repeat(10_000)}; name it with --network`);
  expect(line).toHaveLength(1000);
  expect(line).toMatch(/^expected a name, got x+\.\.\.x+; name it with --network$/);
});

test('shorten keeps the start, and as much of the end as requested', () => {
  expect(shorten('abcdefghij', 10)).toBe('abcdefghij');
  expect(shorten('abcdefghij', 9)).toBe('abcdef...');
  expect(shorten('abcdefghij', 8, 2)).toBe('abc...ij');
});

describe('200,000 blanks cost milliseconds:', () => {
  const blanks = `a${' '.repeat(200_000)}b`;
  const milliseconds = (run: () => void) => {
    const start = performance.now();
    run();
    return performance.now() - start;
  };

  test.each<[string, () => void]>([
    ['in a message', () => oneLine(blanks)],
    ['in lines of a message', () => oneLine(`${blanks}\n`.repeat(3))],
    [
      'in the reason why a backend does not load',
      () =>
        expect(importFailure(new Error(blanks), 'cpu', 'none').message).toMatch(
          /^the backend cpu does not load here \(a {3}/,
        ),
    ],
  ])('%s', (_, run) => expect(milliseconds(run)).toBeLessThan(200));
});
