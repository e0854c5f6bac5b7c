import { InputError } from './errors.ts';

/**
 * Returns the array that `make` allocates.
 *
 * Errors: the JavaScript engine has no room for so many bytes:
 *         `cpu: out of memory: 149 GiB were asked for; a smaller batch or image needs less`.
 */
export function withinMemory<T>(backend: string, bytes: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const gibibytes = (bytes / 2 ** 30).toPrecision(3);
    throw new InputError(
      `${backend}: out of memory: ${gibibytes} GiB were asked for; a smaller batch or image needs less`,
    );
  }
}
