import { BoxpropError, InputError } from '../lib/errors.ts';

/** Runs `run`, and puts the place in front of the message of its errors. */
export function placed<T>(where: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof BoxpropError)) throw error;
    throw new InputError(`${where}: ${error.message}`, { cause: error });
  }
}
