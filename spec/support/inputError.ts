/**
 * Makes an argument for `toThrow` that matches only an `InputError` with exactly this one-line
 * message. The cause of the error may be anything.
 */
export function inputError(message: string): Error {
  if (message.includes('\n'))
    throw new Error(`An error is one line, not ${JSON.stringify(message)}`);
  return expect.objectContaining({ name: 'InputError', message }) as Error;
}
