import { BoxpropError, InputError } from '../lib/errors.ts';

/** Runs `run`. If it throws, the place is put in front of the message of the error. */
export function placed<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof BoxpropError)) throw error;
    throw new InputError(`${where}: ${error.message}`, { cause: error });
  }
}
