import { withReadAt } from '../withTensorFile.ts';
import { openSafetensors, type SafetensorsFile } from './openSafetensors.ts';

export type { SafetensorsFile } from './openSafetensors.ts';

/**
 * Opens a safetensors file, passes it to `use`, and closes it. Before that, the whole header is
 * checked against the size of the file, as in `decodeSafetensors`.
 *
 * Errors: those of `decodeSafetensors`; a file that cannot be read, or that shrinks while it is
 *         read.
 */
export function withSafetensors<T>(
  file: string,
  use: (opened: SafetensorsFile) => Promise<T>,
): Promise<T> {
  return withReadAt(file, async (size, readAt) => use(await openSafetensors(file, size, readAt)));
}
