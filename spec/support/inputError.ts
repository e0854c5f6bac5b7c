/**
 * For `toThrow`: an `InputError`, and no other error, of exactly this one line, whatever its cause.
 */
export function inputError(message: string): Error {
  if (message.includes('\n'))
    throw new Error(`An error is one line, not ${JSON.stringify(message)}`);
  return expect.objectContaining({ name: 'InputError', message }) as Error;
}
