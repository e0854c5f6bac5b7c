import type { Rng } from '../lib/rng.ts';
import { finiteDifference, oddPart } from './finiteDifference.ts';
import { fitDerivative } from './fitDerivative.ts';
import type { CheckedTensor, GradcheckTarget, Probed } from './target.ts';

/** Returns the largest |analytic − numeric| that passes: 1e-8 + 1e-6 |numeric|. */
function tolerance(numeric: number): number {
  return 1e-8 + 1e-6 * Math.abs(numeric);
}

/**
 * The steps h of the central difference, in units of max(1, |x|). The first step balances the
 * truncation error, h² f'''/6, and the rounding error, 1e-16 f/h. If the gradient disagrees at the
 * first step, the smaller steps show whether the reason is curvature, a nearby kink, or a wrong
 * gradient.
 */
const STEPS = [1e-5, 1e-5 / 8, 1e-5 / 64];

/**
 * A gradient is wrong if it differs from every finite difference by more than this many tolerances.
 * If it is closer, it is compared with a derivative that is fitted to many values.
 */
const NEAR = 1000;

/** The number of times that the value of a coordinate at a kink is drawn again. */
export const REDRAWS = 3;

/** A coordinate whose analytic and numeric derivatives differ. */
export interface Mismatch {
  readonly index: number;
  readonly analytic: number;
  readonly numeric: number;
  readonly step: number;
}

/** The comparison of one gradient with finite differences. */
export interface Comparison {
  readonly tensor: CheckedTensor;
  readonly checked: number;
  /**
   * The number of coordinates that were at a kink. It includes those for which another value could
   * be checked.
   */
  readonly skipped: number;
  readonly maxError: number;
  readonly mismatches: readonly Mismatch[];
  /**
   * The analytic derivatives. For a coordinate at a kink, this is the derivative at the value that
   * was drawn in its place.
   */
  readonly analytic: Float64Array;
  readonly numeric: Float64Array;
  /** ∂output/∂coordinate by finite differences, one column per coordinate. */
  readonly jacobian: readonly Float64Array[];
}

/**
 * Compares every coordinate of a gradient with the central difference of the loss Σ g_o · output_o.
 *
 * If the one-sided differences at a coordinate still disagree for smaller steps, the coordinate is
 * at a kink and has no derivative. It is counted as skipped. Its value is drawn again, and the
 * gradient at the new point is compared.
 */
export function compareGradient(
  target: GradcheckTarget,
  tensor: CheckedTensor,
  gradient: Float64Array,
  gradOutput: Float64Array,
  rng: Rng,
): Comparison {
  const analytic = Float64Array.from(gradient);
  const count = tensor.values.length;
  const numeric = new Float64Array(count);
  const jacobian: Float64Array[] = [];
  const mismatches: Mismatch[] = [];
  let [checked, skipped, maxError] = [0, 0, 0];
  const here = target.outputs();
  for (let index = 0; index < count; index++) {
    let probe = probeCoordinate(target, tensor, index, analytic[index], gradOutput, here);
    if (probe.kind === 'kink') {
      skipped++;
      const original = tensor.values[index];
      for (let redraw = 0; redraw < REDRAWS && probe.kind === 'kink'; redraw++) {
        target.setValue(tensor, index, original + rng.normal());
        analytic[index] = target.gradients(gradOutput)[tensor.name].values[index];
        const there = target.outputsAfterChange(tensor);
        probe = probeCoordinate(target, tensor, index, analytic[index], gradOutput, there);
      }
      target.setValue(tensor, index, original);
    }
    numeric[index] = probe.numeric;
    jacobian.push(probe.column);
    if (probe.kind === 'kink') continue;
    checked++;
    maxError = Math.max(maxError, probe.error);
    if (probe.kind === 'wrong') {
      const { numeric: n, step } = probe;
      mismatches.push({ index, analytic: analytic[index], numeric: n, step });
    }
  }
  return { tensor, checked, skipped, maxError, mismatches, analytic, numeric, jacobian };
}

/** The comparison of one derivative with a central difference. */
export interface Probe {
  readonly kind: 'right' | 'wrong' | 'kink';
  /** Whether the two one-sided differences agree. */
  readonly smooth: boolean;
  readonly numeric: number;
  readonly error: number;
  readonly step: number;
  readonly column: Float64Array;
}

/**
 * Compares the derivative of Σ g_o · output_o with respect to one value of a tensor with the
 * central difference. At a kink, where the one-sided differences disagree for every step, there is
 * no derivative.
 *
 * @param here the outputs for the current values.
 */
export function probeCoordinate(
  target: Probed,
  tensor: CheckedTensor,
  index: number,
  analytic: number,
  gradOutput: Float64Array,
  here: Float64Array,
): Probe {
  const probes: Probe[] = [];
  const bends: number[] = [];
  for (const relative of STEPS) {
    const { step, column, left, right } = finiteDifference(
      target,
      tensor,
      index,
      relative,
      here,
      gradOutput,
    );
    const numeric = (left + right) / 2;
    const error = Math.abs(analytic - numeric);
    const bend = Math.abs(right - left);
    const smooth = bend <= 1e-3 * (Math.abs(left) + Math.abs(right)) + 1e-6;
    // If the error is NaN, the comparison is false, so the gradient counts as wrong.
    const kind = error <= tolerance(numeric) ? 'right' : 'wrong';
    const probe: Probe = { kind, smooth, numeric, error, step, column };
    if (kind === 'right' && smooth) return probe;
    probes.push(probe);
    bends.push(bend);
  }
  // The bend is the difference of the two one-sided differences. If the function is smooth, the
  // bend shrinks with the step, by a factor of 8. At a kink it does not shrink, and it is about as
  // large as the error that the kink causes. Deep in a network, that error may be small, and larger
  // kinks may lie within the first step only, so a fixed threshold would not work.
  const last = bends.length - 1;
  const floor = Math.min(1e-6, probes[last].error);
  const least = Math.min(bends[0] / 8, bends[last - 1] / 2);
  // A kink near the end of the last step bends it little. But it bends the step before, and the
  // derivative lies between the one-sided differences, as that of a wrong gradient does not.
  const { numeric: center, error: apart } = probes[last];
  const isBetween = apart <= bends[last] / 2 + tolerance(center) / 100;
  const isNearEnd = bends[last - 1] > bends[0] / 4 && isBetween;
  if (bends[last] > floor && (bends[last] > least || isNearEnd))
    return { ...probes[last], kind: 'kink' };
  // If the function is strongly curved, the first step may be too large, but a smaller one may be
  // accurate.
  const agreeing = probes.find(({ kind }) => kind === 'right');
  if (agreeing !== undefined) return agreeing;
  const wrong = probes.find(({ smooth }) => smooth) ?? probes[0];
  if (!probes.some(({ error, numeric }) => error <= NEAR * tolerance(numeric))) return wrong;
  const radii = probes.map(({ step }) => step);
  const { slope, deviation } = fitDerivative(
    (t) => oddPart(target, tensor, index, t, gradOutput),
    radii,
  );
  const error = Math.abs(analytic - slope);
  // If the deviation of a fitted slope exceeds the tolerance, the slope proves nothing.
  const right = Math.max(error, deviation) <= tolerance(slope);
  return { ...wrong, kind: right ? 'right' : 'wrong', numeric: slope, error };
}
