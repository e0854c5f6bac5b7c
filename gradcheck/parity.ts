import type { Tensor } from '@tensorflow/tfjs-core';
import { disposeTensors, tidy } from '../lib/memory.ts';
import { withBackend, type BackendName } from '../lib/backend/useBackend.ts';
import type { Rng } from '../lib/rng.ts';
import { disposeCase, Draw, type CaseMaker } from './case.ts';
import type { Result } from './checkCase.ts';
import { atHand, leaves, GradcheckTarget } from './target.ts';

/** Largest error in single precision, relative to the scale of the tensor: rounding is 6e-8 of what is added up. */
const PARITY_TOLERANCE = 1e-5;

/** Values of an output or gradient, and how large they are. */
interface Numbers {
  readonly values: Float64Array;
  /**
   * The largest value, also of those for inputs and gradOutputs of other signs. What is only a
   * few numbers may cancel to almost nothing, and rounding is a share of what cancelled.
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
  const reference = await withBackend('float64', () => run(make, rng.clone(), ELSEWHERE));
  const { config } = reference;
  try {
    const { numbers } = await withBackend(backend, () => run(make, rng.clone(), 0));
    return Object.entries(reference.numbers).map(([quantity, expected]) => {
      const maxError = relativeError(numbers[quantity]?.values, expected);
      // Written so that a NaN fails.
      const pass = maxError <= PARITY_TOLERANCE;
      const message = `differs from float64 by ${maxError.toExponential(1)} of its scale`;
      const row = {
        name,
        config,
        quantity,
        checked: expected.values.length,
        skipped: 0,
        maxError,
        pass,
      };
      return pass ? row : { ...row, message };
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return [
      {
        name,
        config,
        quantity: 'output',
        checked: 0,
        skipped: 0,
        maxError: NaN,
        pass: false,
        message,
      },
    ];
  }
}

/** How many points beside the case's own tell the scale. */
const ELSEWHERE = 8;

async function run(
  make: CaseMaker,
  rng: Rng,
  elsewhere: number,
): Promise<{ config: string; numbers: Record<string, Numbers> }> {
  const drawn = make(new Draw(rng));
  const item = { ...drawn, input: await atHand(drawn.input) };
  const subject = new GradcheckTarget(item, rng);
  const gradOutput = rng.normals(sizeOfOutput(subject));
  const here = await read(evaluate(subject, gradOutput));
  const scales = Object.values(here).map(largest);
  for (let i = 0; i < elsewhere; i++) {
    const otherSign = (value: number) => (rng.uniform() < 0.5 ? value : -value);
    const there = subject.elsewhere(otherSign, () => evaluate(subject, gradOutput.map(otherSign)));
    Object.values(await read(there)).forEach(
      (values, k) => (scales[k] = Math.max(scales[k], largest(values))),
    );
  }
  disposeCase(item);
  const numbers = Object.entries(here).map(
    ([name, values], k) => [name, { values, scale: scales[k] }] as const,
  );
  return { config: item.config, numbers: Object.fromEntries(numbers) };
}

function sizeOfOutput(subject: GradcheckTarget): number {
  return tidy(() =>
    leaves(subject.forward(subject.input()).output).reduce((sum, [, { size }]) => sum + size, 0),
  );
}

/** Every output and gradient at the current point, by name. */
function evaluate(subject: GradcheckTarget, gradOutput: Float64Array): Record<string, Tensor> {
  return tidy(() => {
    const { output, cache } = subject.forward(subject.input());
    const outputs = leaves(output).map(([suffix, tensor]) => [`output${suffix}`, tensor] as const);
    return { ...Object.fromEntries(outputs), ...subject.gradTensors(output, cache, gradOutput) };
  });
}

/** The numbers of tensors that are then let go. A graphics card gives them only to those who wait. */
async function read(
  tensors: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Float64Array>> {
  const numbers: Record<string, Float64Array> = {};
  for (const [name, tensor] of Object.entries(tensors))
    numbers[name] = Float64Array.from(await tensor.data());
  disposeTensors(tensors);
  return numbers;
}

/** Of what is finite: with other signs an input may leave the domain of the box. */
function largest(values: Float64Array): number {
  return values.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    0,
  );
}

function relativeError(got: Float64Array | undefined, { values, scale }: Numbers): number {
  if (got?.length !== values.length) return Infinity;
  const worst = values.reduce((most, value, i) => {
    const error = Math.abs(got[i] - value);
    return error > most || Number.isNaN(error) ? error : most;
  }, 0);
  return worst === 0 ? 0 : worst / scale;
}
