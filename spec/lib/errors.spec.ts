import { BoxError, BoxpropError, InputError, show, withPath } from '../../lib/errors.ts';
import { messageOf } from '../support/compare.ts';

test('a BoxError has a path and a problem', () => {
  const error = new BoxError(['Sequential[2]', 'Linear.forward'], 'expected this, got that');
  expect(error.message).toBe('Sequential[2] > Linear.forward: expected this, got that');
  expect(error.path).toEqual(['Sequential[2]', 'Linear.forward']);
  expect(error.problem).toBe('expected this, got that');
});

test('the two kinds of errors differ in class, name and code', () => {
  const [box, input] = [new BoxError(['Linear'], 'no'), new InputError('no file')];
  expect([box, input].map(({ name, code }) => [name, code])).toEqual([
    ['BoxError', 'box'],
    ['InputError', 'input'],
  ]);
  expect(box).toBeInstanceOf(BoxpropError);
  expect(input).toBeInstanceOf(BoxpropError);
  expect(box).not.toBeInstanceOf(InputError);
});

describe('withPath', () => {
  const fail = (error: Error) => () => {
    throw error;
  };

  test('names the places around the box, outermost first', () => {
    const complain = fail(new BoxError(['Linear.forward'], 'no'));
    expect(messageOf(() => withPath('Sequential[1]', () => withPath('Branch[0]', complain)))).toBe(
      'Sequential[1] > Branch[0] > Linear.forward: no',
    );
  });

  test('returns the result of a child that does not throw', () => {
    expect(withPath('Sequential[0]', () => 5)).toBe(5);
  });

  test.each([new InputError('no file'), new TypeError('a bug')])(
    'does not change other errors: %s',
    (error) => {
      expect(() => withPath('Sequential[0]', fail(error))).toThrow(error);
    },
  );
});

test.each<[unknown, string]>([
  [1.5, '1.5'],
  [NaN, 'NaN'],
  ['a "b"\n', '"a \\"b\\"\\n"'],
  [[1, ['x']], '[1, ["x"]]'],
  [undefined, 'undefined'],
  [null, 'null'],
  [{}, 'Object'],
  [Object.create(null), 'object'],
  [new Map(), 'Map'],
  [Math.max, 'function max'],
  [
    (
      () => () =>
        0
    )(),
    'function (anonymous)',
  ],
])('show(%p)', (value, text) => {
  expect(show(value)).toBe(text);
});

describe('any value is shown briefly', () => {
  test.each<[string, unknown, string]>([
    ['text', 'x'.repeat(40_000), `"${'x'.repeat(197)}..." (40000 characters)`],
    ['a list', Array(5000).fill(0), `[${'0, '.repeat(10)}... (5000)]`],
    ['a number', 10n ** 400n, `1${'0'.repeat(196)}...`],
    ['an object of JSON', JSON.parse('{"constructor":{"name":{}}}'), 'object'],
  ])('%s', (_, value, text) => expect(show(value)).toBe(text));

  test('lists nested 100,000 deep', () => {
    let nested: unknown[] = [];
    for (let depth = 0; depth < 100_000; depth++) nested = [nested];
    expect(show(nested)).toBe('[[[[[...]]]]]');
  });
});

test('the message of an error is one line of at most 1000 characters, for any value', () => {
  const { message } = new InputError(
    `file.csv:\n  expected\r\n\ta number, got ${'x'.repeat(40_000)}`,
  );
  expect(message).toHaveLength(996);
  expect(message.slice(0, 41)).toBe('file.csv: expected a number, got xxxxxxxx');
  expect(new BoxError(['Linear'], 'no\nbias').message).toBe('Linear: no bias');
});
