import { InputError, messageOf } from './errors.ts';

/**
 * Parses JSON from a file.
 *
 * Errors: `config.json: expected JSON: Unexpected end of JSON input`.
 */
export function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const problem = messageOf(error);
    throw new InputError(`${where}: expected JSON: ${problem}`, { cause: error });
  }
}
