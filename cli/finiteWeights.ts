import { InputError } from '../lib/errors.ts';
import type { AnyModule } from '../lib/module.ts';

/**
 * Checks that all parameters and buffers of a network from an ONNX file are finite, because NaN
 * would only show in its results.
 *
 * Errors: `net.onnx: conv1.weight: expected finite values, got NaN at index 3`.
 */
export async function requireFiniteWeights(file: string, network: AnyModule): Promise<void> {
  for (const [name, variable] of Object.entries({ ...network.params, ...network.buffers })) {
    const values: ArrayLike<number> = await variable.data();
    const index = Array.prototype.findIndex.call(values, (value) => !Number.isFinite(value));
    if (index < 0) continue;
    throw new InputError(
      `${file}: ${name}: expected finite values, got ${values[index]} at index ${index}`,
    );
  }
}
