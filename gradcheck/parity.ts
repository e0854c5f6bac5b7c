import { tidy } from '../lib/memory.ts';
import { withBackend, type BackendName } from '../lib/backend.ts';
import type { Rng } from '../lib/rng.ts';
import { disposeCase, Draw, type CaseMaker } from './case.ts';
import type { Result } from './checkCase.ts';
import { doubles, leaves, Subject } from './subject.ts';

/** Largest error in single precision, relative to the largest value of the tensor. */
export const PARITY_TOLERANCE = 1e-5;

type Numbers = Record<string, Float64Array>;

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
    const maxError = relativeError(numbers[quantity], expected);
    // Written so that a NaN fails.
    const pass = maxError <= PARITY_TOLERANCE;
    const message = `differs from float64 by ${maxError.toExponential(1)} of the largest value`;
    const row = { name, config, quantity, checked: expected.length, skipped: 0, maxError, pass };
    return pass ? row : { ...row, message };
  });
}

function run(make: CaseMaker, rng: Rng): { config: string; numbers: Numbers } {
  const draw = new Draw(rng);
  const item = make(draw);
  const subject = new Subject(item, rng);
  const numbers = tidy(() => {
    const { output, cache } = subject.forward(subject.input());
    const result: Numbers = {};
    for (const [suffix, tensor] of leaves(output)) result[`output${suffix}`] = doubles(tensor);
    const gradOutput = rng.normals(Object.values(result).reduce((count, { length }) => count + length, 0));
    const gradients = subject.backward(output, cache, gradOutput);
    for (const [quantity, { values }] of Object.entries(gradients)) result[quantity] = values;
    return result;
  });
  disposeCase(item);
  return { config: item.config, numbers };
}

function relativeError(got: Float64Array | undefined, expected: Float64Array): number {
  if (got?.length !== expected.length) return Infinity;
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(got[i] - value) / largest), 0);
}
