import { createRequire } from 'node:module';
import { InputError } from '../errors.ts';

/**
 * Returns the path of tsx, the package that loads TypeScript.
 *
 * Errors: `box.ts: the package tsx loads TypeScript, and is missing: npm install tsx`.
 * @param file the TypeScript file that will be loaded with tsx.
 */
export function resolveTsx(file: string): string {
  try {
    return createRequire(import.meta.url).resolve('tsx');
  } catch (error) {
    const message = `${file}: the package tsx loads TypeScript, and is missing: npm install tsx`;
    throw new InputError(message, { cause: error });
  }
}
