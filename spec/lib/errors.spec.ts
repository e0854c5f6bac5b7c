import { BoxError, InputError, show, withPath } from '../../lib/errors.ts';
import { messageOf } from '../support/compare.ts';

test('a BoxError is an InputError with a path and a problem', () => {
  const error = new BoxError(['Sequential[2]', 'Linear.forward'], 'expected this, got that');
  expect(error.message).toBe('Sequential[2] > Linear.forward: expected this, got that');
  expect(error).toBeInstanceOf(InputError);
  expect([error.name, new InputError('x').name]).toEqual(['BoxError', 'InputError']);
  expect(error.path).toEqual(['Sequential[2]', 'Linear.forward']);
  expect(error.problem).toBe('expected this, got that');
});

describe('within', () => {
  const fail = (error: Error) => () => {
    throw error;
  };

  test('names the places around the box, outermost first', () => {
    const complain = fail(new BoxError(['Linear.forward'], 'no'));
    expect(messageOf(() => withPath('Sequential[1]', () => withPath('Branch[0]', complain)))).toBe(
      'Sequential[1] > Branch[0] > Linear.forward: no',
    );
  });

  test('gives what runs well', () => {
    expect(withPath('Sequential[0]', () => 5)).toBe(5);
  });

  test.each([new InputError('no file'), new TypeError('a bug')])(
    'lets other errors through: %s',
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
