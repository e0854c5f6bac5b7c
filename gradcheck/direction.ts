import { probeCoordinate, REDRAWS, type Probe } from './compareGradient.ts';
import { describeValues, isZero, VACUOUS_MESSAGE } from './checkCase.ts';
import type { Rng } from '../lib/rng.ts';
import type { Result } from './result.ts';
import type { CheckedTensor, GradcheckTarget, HostGradients, Probed } from './target.ts';

/**
 * The change of every value per unit of t, as a share of the tensor's root mean square. Finite
 * differences begin with t = 1e-5, and a direction changes all values at once: with a larger share,
 * some of the many units of a network would cross a kink.
 */
const SHARE = 0.1;

/**
 * All values of some tensors as a function of one number t: each value is x + t v, with a random v.
 * The derivative for t is Σ v ∂C/∂x, to which every coordinate contributes.
 */
class Direction implements Probed {
  readonly t: CheckedTensor = { name: 't', shape: [], values: Float64Array.of(0) };
  readonly #target: GradcheckTarget;
  readonly #parts: readonly {
    readonly tensor: CheckedTensor;
    readonly start: Float64Array;
    readonly along: Float32Array;
  }[];

  constructor(target: GradcheckTarget, tensors: readonly CheckedTensor[], rng: Rng) {
    this.#target = target;
    this.#parts = tensors.map((tensor) => {
      const { values } = tensor;
      const square = values.reduce((sum, value) => sum + value * value, 0);
      const scale = Math.sqrt(square / values.length) || 1;
      const along = rng.fillNormals(new Float32Array(values.length), 0, SHARE * scale);
      return { tensor, start: Float64Array.from(values), along };
    });
  }

  /** Returns Σ v ∂C/∂x. */
  slope(gradients: HostGradients): number {
    return this.#parts.reduce((sum, { tensor, along }) => {
      const { values } = gradients[tensor.name];
      return values.reduce((part, value, i) => part + value * along[i], sum);
    }, 0);
  }

  setValue(_: CheckedTensor, __: number, t: number): void {
    for (const { tensor, start, along } of this.#parts) {
      for (let i = 0; i < start.length; i++) tensor.values[i] = start[i] + t * along[i];
      this.#target.store(tensor);
    }
  }

  outputsAfterChange(): Float64Array {
    return this.#target.outputs();
  }
}

/** The gradients of a target at one point. */
export interface Point {
  readonly target: GradcheckTarget;
  readonly gradients: HostGradients;
  readonly gradOutput: Float64Array;
  /** The outputs at the point. */
  readonly here: Float64Array;
}

/**
 * Compares the gradient of some tensors with finite differences along random directions. If a kink
 * lies on a direction, another direction is drawn.
 *
 * @param name the name of the tensors, which the result shows.
 */
export function checkDirections(
  { target, gradients, gradOutput, here }: Point,
  name: string,
  tensors: readonly CheckedTensor[],
  count: number,
  rng: Rng,
): Omit<Result, 'name' | 'config'> {
  let [checked, skipped, maxError] = [0, 0, 0];
  let isVacuous = true;
  for (let k = 0; k < count; k++) {
    let probe: (Probe & { readonly analytic: number }) | undefined;
    for (let draw = 0; draw <= REDRAWS && (probe === undefined || probe.kind === 'kink'); draw++) {
      const direction = new Direction(target, tensors, rng);
      const analytic = direction.slope(gradients);
      const { t } = direction;
      probe = { ...probeCoordinate(direction, t, 0, analytic, gradOutput, here), analytic };
      if (probe.kind === 'kink') skipped++;
    }
    if (probe === undefined || probe.kind === 'kink') continue;
    const { analytic, numeric, error, step } = probe;
    checked++;
    maxError = Math.max(maxError, error);
    isVacuous &&= isZero(analytic) && isZero(numeric);
    if (probe.kind === 'right') continue;
    const message = `${name} along a random direction: ${describeValues(analytic, numeric, step)}`;
    return { tensor: name, checked, skipped, maxError, pass: false, message };
  }
  const message = checked === 0 ? 'kinks lie on every direction' : isVacuous && VACUOUS_MESSAGE;
  return { tensor: name, checked, skipped, maxError, pass: true, ...(message && { message }) };
}
