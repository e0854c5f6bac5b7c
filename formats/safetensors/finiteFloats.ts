import { InputError } from '../../lib/errors.ts';
import type { SafetensorsTensor } from './safetensors.ts';
import { brief } from './safetensorsHeader.ts';

/**
 * Returns the values of a tensor, or of a part of it, in single precision.
 *
 * Errors: `w.safetensors: tensor "fc.bias": expected finite values, got NaN at index 3, so the
 *         training that wrote it had diverged`; a double that is too large for single precision.
 * @param start the index of the first value in the tensor.
 */
export function finiteFloats(
  file: string,
  name: string,
  { data }: Pick<SafetensorsTensor, 'data'>,
  start = 0,
): Float32Array {
  const values = data instanceof Float32Array ? data : Float32Array.from(data, Number);
  // For a finite x, x − x is 0; otherwise it is NaN. So the sum is 0 only if all x are finite. This
  // takes half the time of testing each x.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] - values[i];
  if (sum === 0) return values;
  const index = values.findIndex((value) => !Number.isFinite(value));
  const value = Number(data[index]);
  const reason = Number.isFinite(value)
    ? 'which single precision cannot hold'
    : 'so the training that wrote it had diverged';
  throw new InputError(
    `${file}: tensor ${brief(name)}: expected finite values, got ${value} at index ${start + index}, ${reason}`,
  );
}
