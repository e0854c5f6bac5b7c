import type Sharp from 'sharp';
import { InputError } from '../lib/errors.ts';
import { systemCode } from '../lib/files/systemError.ts';

/**
 * Imports the image decoder. This function has its own file, so that the type declarations of
 * `data/image.ts` do not need the types of an optional package.
 *
 * Errors: the package sharp is not installed.
 */
export async function loadSharp(): Promise<typeof Sharp> {
  try {
    return (await import('sharp')).default;
  } catch (error) {
    if (systemCode(error) !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new InputError(
      'images are decoded by the package sharp, which is missing: npm install sharp',
    );
  }
}
