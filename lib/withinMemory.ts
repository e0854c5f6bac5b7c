import { InputError } from './errors.ts';

/**
 * Returns the array that `make` allocates.
 *
 * Errors: the JavaScript engine cannot allocate so many bytes:
 *         `cpu: out of memory: 149 GiB were asked for; a smaller batch or image needs less`.
 */
export function withinMemory<T>(backend: string, bytes: number, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(
      `${backend}: out of memory: ${sizeOf(bytes)} were asked for; a smaller batch or image needs less`,
    );
  }
}

/** Formats a number of bytes, such as `512 MiB`. */
export function sizeOf(bytes: number): string {
  const [unit, name] = bytes < 2 ** 30 ? [2 ** 20, 'MiB'] : [2 ** 30, 'GiB'];
  return `${Number((bytes / unit).toPrecision(3))} ${name}`;
}
