import { tidy } from '../lib/memory.ts';
import { withBackend, type BackendName } from '../lib/backend.ts';
import type { Rng } from '../lib/rng.ts';
import { disposeCase, Draw, type CaseMaker } from './case.ts';
import type { Result } from './checkCase.ts';
import { doubles, leaves, Subject } from './subject.ts';

/**
 * Largest error in single precision, relative to the scale of the tensor. Rounding is 6e-8 of what is added up; a
 * saturated softmax, whose gradient is a difference of nearly equal numbers, makes a few hundred times that of it.
 */
const PARITY_TOLERANCE = 1e-4;

/** Values of an output or gradient, and how large they are. */
interface Numbers {
  readonly values: Float64Array;
  /**
   * The largest value; for a gradient, also of those under some gradOutputs of other signs. A gradient of a few
   * numbers may cancel to almost nothing, and rounding is a share of what cancelled.
   */
  readonly scale: number;
}

/**
 * The second half of a box's proof: on a backend of single precision, its output and gradients are those of the
 * double-precision reference, for the same draws.
 */
export async function checkParity(
  name: string,
  make: CaseMaker,
  rng: Rng,
  backend: BackendName,
): Promise<Result[]> {
  const reference = await withBackend('float64', () => run(make, rng.clone()));
  const { config, numbers } = await withBackend(backend, () => run(make, rng.clone()));
  return Object.entries(reference.numbers).map(([quantity, expected]) => {
    const maxError = relativeError(numbers[quantity]?.values, expected);
    // Written so that a NaN fails.
    const pass = maxError <= PARITY_TOLERANCE;
    const message = `differs from float64 by ${maxError.toExponential(1)} of its scale`;
    const row = { name, config, quantity, checked: expected.values.length, skipped: 0, maxError, pass };
    return pass ? row : { ...row, message };
  });
}

function run(make: CaseMaker, rng: Rng): { config: string; numbers: Record<string, Numbers> } {
  const item = make(new Draw(rng));
  const subject = new Subject(item, rng);
  const numbers = tidy(() => {
    const { output, cache } = subject.forward(subject.input());
    const result: Record<string, Numbers> = {};
    const outputs = leaves(output).map(([suffix, tensor]) => [`output${suffix}`, doubles(tensor)] as const);
    for (const [name, values] of outputs) result[name] = { values, scale: largest(values) };
    const gradOutput = rng.normals(outputs.reduce((count, [, { length }]) => count + length, 0));
    const signed = [1, 2, 3].map(() =>
      subject.backward(
        output,
        cache,
        gradOutput.map((value) => (rng.uniform() < 0.5 ? value : -value)),
      ),
    );
    for (const [name, { values }] of Object.entries(subject.backward(output, cache, gradOutput))) {
      const scale = Math.max(largest(values), ...signed.map((gradients) => largest(gradients[name].values)));
      result[name] = { values, scale };
    }
    return result;
  });
  disposeCase(item);
  return { config: item.config, numbers };
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function relativeError(got: Float64Array | undefined, { values, scale }: Numbers): number {
  if (got?.length !== values.length) return Infinity;
  const worst = values.reduce((most, value, i) => {
    const error = Math.abs(got[i] - value);
    return error > most || Number.isNaN(error) ? error : most;
  }, 0);
  return worst === 0 ? 0 : worst / scale;
}
