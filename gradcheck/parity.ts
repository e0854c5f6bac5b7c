import type { Tensor } from '@tensorflow/tfjs-core';
import { withBackend, type BackendName } from '../lib/backend/useBackend.ts';
import { messageOf } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import { disposeCase, Draw, type CaseMaker } from './case.ts';
import { checkLeaks } from './contract.ts';
import { describeCaseLeak, liveMemory } from './leaks.ts';
import { failure, type Result } from './result.ts';
import { GradcheckTarget, tensorsOf, toConstants } from './target.ts';

/**
 * The largest error in single precision that is accepted, relative to the scale of the tensor. A
 * single rounding causes a relative error of 6e-8.
 */
const PARITY_TOLERANCE = 1e-5;

/** The number of additional points at which the scale of a tensor is measured. */
const SCALE_POINTS = 8;

/** The options of `checkParity`. */
export interface ParityOptions {
  /** The largest relative error that is accepted; 1e-5 by default. */
  readonly tolerance?: number;
  /**
   * The number of additional points at which the scale is measured; 8 by default. A tensor with
   * many values needs no additional points, because not all of its values cancel.
   */
  readonly scalePoints?: number;
}

/** The values of an output or gradient, with their scale. */
interface ScaledValues {
  readonly values: Float64Array;
  /**
   * The largest magnitude of the tensor's values at this point and at additional points, where
   * inputs and gradOutputs have other signs. The terms of a value may cancel to almost 0, but its
   * rounding error is relative to the terms.
   */
  readonly scale: number;
}

/** Everything that one backend computes for a case. */
interface Evaluation {
  readonly config: string;
  readonly tensors: Readonly<Record<string, ScaledValues>>;
  /** The descriptions of the leaks, one line each. */
  readonly leaks: readonly string[];
}

/**
 * Checks one case on a backend with single precision. Its outputs and gradients may differ from
 * those of the double-precision reference, with the same random numbers, by at most `tolerance`,
 * and no method may leak a tensor.
 */
export async function checkParity(
  name: string,
  make: CaseMaker,
  rng: Rng,
  backend: BackendName,
  { tolerance = PARITY_TOLERANCE, scalePoints = SCALE_POINTS }: ParityOptions = {},
): Promise<Result[]> {
  let config = '';
  try {
    const reference = await withBackend('float64', () =>
      evaluate(make, rng.clone(), { scalePoints }),
    );
    config = reference.config;
    const { tensors, leaks } = await withBackend(backend, () =>
      evaluate(make, rng.clone(), { checksLeaks: true }),
    );
    const compared = Object.entries(reference.tensors).map(([tensor, expected]) => {
      const maxError = relativeError(tensors[tensor]?.values, expected);
      const checked = expected.values.length;
      // If the error is NaN, the comparison is false, so the check fails.
      const pass = maxError <= tolerance;
      const message = `differs from float64 by ${maxError.toExponential(1)} of its scale`;
      const result = { name, config, tensor, checked, skipped: 0, maxError, pass };
      return pass ? result : { ...result, message };
    });
    return [...compared, ...leaks.map((message) => failure(name, config, message))];
  } catch (error) {
    return [failure(name, config, messageOf(error))];
  }
}

/**
 * Computes the outputs and gradients of a case on the backend in use.
 *
 * @param options `scalePoints`, the number of additional points at which the scale is measured;
 *   `checksLeaks`, whether the methods run once more to check for leaks.
 */
async function evaluate(
  make: CaseMaker,
  rng: Rng,
  { scalePoints = 0, checksLeaks = false }: { scalePoints?: number; checksLeaks?: boolean },
): Promise<Evaluation> {
  const before = liveMemory();
  const drawn = make(new Draw(rng));
  const item = { ...drawn, input: await toConstants(drawn.input) };
  const target = new GradcheckTarget(item);
  target.moveEqualParams(rng);
  const gradOutput = rng.normals(outputSize(target));
  const here = await read(outputsAndGradients(target, gradOutput));
  const scales = Object.values(here).map(largest);
  for (let i = 0; i < scalePoints; i++) {
    const otherSign = (value: number) => (rng.uniform() < 0.5 ? value : -value);
    const there = target.atOtherInputs(otherSign, () =>
      outputsAndGradients(target, gradOutput.map(otherSign)),
    );
    Object.values(await read(there)).forEach(
      (values, k) => (scales[k] = Math.max(scales[k], largest(values))),
    );
  }
  const leaks = checksLeaks ? checkLeaks(target, gradOutput).map(({ message }) => message) : [];
  disposeCase(item);
  const leak = describeCaseLeak(before);
  if (leaks.length === 0 && leak !== undefined) leaks.push(leak);
  const tensors = Object.entries(here).map(
    ([name, values], k) => [name, { values, scale: scales[k] }] as const,
  );
  return { config: item.config, tensors: Object.fromEntries(tensors), leaks };
}

function outputSize(target: GradcheckTarget): number {
  return tidy(() =>
    tensorsOf(target.forward(target.input()).output).reduce((sum, [, { size }]) => sum + size, 0),
  );
}

/** Computes every output and gradient at the current point, by name. */
function outputsAndGradients(
  target: GradcheckTarget,
  gradOutput: Float64Array,
): Record<string, Tensor> {
  return tidy(() => {
    const { output, cache } = target.forward(target.input());
    const outputs = tensorsOf(output).map(
      ([suffix, tensor]) => [`output${suffix}`, tensor] as const,
    );
    return { ...Object.fromEntries(outputs), ...target.gradTensors(output, cache, gradOutput) };
  });
}

/**
 * Reads and disposes tensors. The values are read asynchronously, because a GPU allows nothing
 * else.
 */
async function read(
  tensors: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Float64Array>> {
  const values: Record<string, Float64Array> = {};
  for (const [name, tensor] of Object.entries(tensors))
    values[name] = Float64Array.from(await tensor.data());
  disposeTensors(tensors);
  return values;
}

/**
 * Returns the largest magnitude of the finite values. Some values may not be finite, because an
 * input with other signs may be outside the domain of the box.
 */
function largest(values: Float64Array): number {
  return values.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    0,
  );
}

function relativeError(got: Float64Array | undefined, { values, scale }: ScaledValues): number {
  if (got?.length !== values.length) return Infinity;
  const worst = values.reduce((most, value, i) => {
    const error = Math.abs(got[i] - value);
    return error > most || Number.isNaN(error) ? error : most;
  }, 0);
  return worst === 0 ? 0 : worst / scale;
}
