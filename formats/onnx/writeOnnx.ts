import type { AnyModule } from '../../lib/module.ts';
import { writeFileAtomic } from '../../lib/files/writeFileAtomic.ts';
import { encodeModel } from './proto.ts';
import { toOnnx, type OnnxOptions } from './toOnnx.ts';

/**
 * Writes `toOnnx(network, options)` to a file, atomically and with at most one tensor in memory.
 *
 * Errors: those of `toOnnx`; a file that cannot be written.
 */
export async function exportOnnx(
  file: string,
  network: AnyModule,
  options: OnnxOptions,
): Promise<void> {
  await writeFileAtomic(file, encodeModel(toOnnx(network, options)));
}
