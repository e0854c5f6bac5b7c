import type { Rng } from '../lib/rng.ts';
import { differences, oddPart } from './differences.ts';
import { fitDerivative } from './fitDerivative.ts';
import type { Quantity, GradcheckTarget } from './target.ts';

/** |analytic − numeric| may be this much: 1e-8 + 1e-6 |numeric|. */
export function tolerance(numeric: number): number {
  return 1e-8 + 1e-6 * Math.abs(numeric);
}

/**
 * Steps of the central difference, in units of max(1, |x|). The first balances truncation, h² f'''/6, with rounding,
 * 1e-16 f/h; the others are taken where it disagrees, to tell curvature and nearby kinks from a wrong gradient.
 */
const STEPS = [1e-5, 1e-5 / 8, 1e-5 / 64];

/** A gradient this many tolerances from every difference is wrong; nearer, it is held to the slope of many values. */
const NEAR = 1000;

/** How often a coordinate at a kink is drawn again. */
const REDRAWS = 3;

export interface Mismatch {
  readonly index: number;
  readonly analytic: number;
  readonly numeric: number;
  readonly step: number;
}

/** What the comparison of one quantity found. */
export interface Comparison {
  readonly quantity: Quantity;
  readonly checked: number;
  /** Coordinates that stood at a kink, whether or not another value could be checked instead. */
  readonly skipped: number;
  readonly maxError: number;
  readonly mismatches: readonly Mismatch[];
  readonly analytic: Float64Array;
  readonly numeric: Float64Array;
  /** ∂output/∂coordinate by finite differences, a column a coordinate. */
  readonly jacobian: readonly Float64Array[];
}

/**
 * Compares every coordinate of the gradient of a quantity with the central difference of the loss Σ g_o · output_o.
 *
 * A coordinate whose one-sided differences go on disagreeing as the step shrinks stands at a kink, where there is no
 * derivative: it is counted as skipped and drawn again, with the gradient taken anew at the new point.
 */
export function compare(
  subject: GradcheckTarget,
  quantity: Quantity,
  analytic: Float64Array,
  gradOutput: Float64Array,
  rng: Rng,
): Comparison {
  const count = quantity.values.length;
  const numeric = new Float64Array(count);
  const jacobian: Float64Array[] = [];
  const mismatches: Mismatch[] = [];
  let [checked, skipped, maxError] = [0, 0, 0];
  const here = subject.outputs();
  for (let index = 0; index < count; index++) {
    let verdict = probe(subject, quantity, index, analytic[index], gradOutput, here);
    numeric[index] = verdict.numeric;
    jacobian.push(verdict.column);
    if (verdict.kind === 'kink') {
      skipped++;
      const original = quantity.values[index];
      for (let redraw = 0; redraw < REDRAWS && verdict.kind === 'kink'; redraw++) {
        subject.put(quantity, index, original + rng.normal());
        const moved = subject.gradients(gradOutput)[quantity.name].values[index];
        verdict = probe(
          subject,
          quantity,
          index,
          moved,
          gradOutput,
          subject.outputsBehind(quantity),
        );
      }
      subject.put(quantity, index, original);
      if (verdict.kind === 'kink') continue;
    }
    checked++;
    maxError = Math.max(maxError, verdict.error);
    if (verdict.kind === 'wrong') {
      const { numeric: n, step } = verdict;
      mismatches.push({ index, analytic: analytic[index], numeric: n, step });
    }
  }
  return { quantity, checked, skipped, maxError, mismatches, analytic, numeric, jacobian };
}

interface Verdict {
  readonly kind: 'right' | 'wrong' | 'kink';
  /** Whether the differences to both sides are alike. */
  readonly smooth: boolean;
  readonly numeric: number;
  readonly error: number;
  readonly step: number;
  readonly column: Float64Array;
}

function probe(
  subject: GradcheckTarget,
  quantity: Quantity,
  index: number,
  analytic: number,
  gradOutput: Float64Array,
  here: Float64Array,
): Verdict {
  const verdicts: Verdict[] = [];
  const bends: number[] = [];
  for (const relative of STEPS) {
    const { step, column, left, right } = differences(
      subject,
      quantity,
      index,
      relative,
      here,
      gradOutput,
    );
    const numeric = (left + right) / 2;
    const error = Math.abs(analytic - numeric);
    const bend = Math.abs(right - left);
    const smooth = bend <= 1e-3 * (Math.abs(left) + Math.abs(right)) + 1e-6;
    // Written so that a NaN is wrong.
    const kind = error <= tolerance(numeric) ? 'right' : 'wrong';
    const verdict: Verdict = { kind, smooth, numeric, error, step, column };
    if (kind === 'right' && smooth) return verdict;
    verdicts.push(verdict);
    bends.push(bend);
  }
  // The bend of a smooth function shrinks with the step, 8-fold; that of a kink stays, and is as large as what the kink
  // makes wrong. Deep in a network that is little, and beside it larger kinks may be within the first step.
  const last = bends.length - 1;
  const floor = Math.min(1e-6, verdicts[last].error);
  const least = Math.min(bends[0] / 8, bends[last - 1] / 2);
  if (bends[last] > floor && bends[last] > least) return { ...verdicts[last], kind: 'kink' };
  // Where the function is curved, a smaller step than the first may be the right one.
  const agreeing = verdicts.find(({ kind }) => kind === 'right');
  if (agreeing !== undefined) return agreeing;
  const wrong = verdicts.find(({ smooth }) => smooth) ?? verdicts[0];
  if (!verdicts.some(({ error, numeric }) => error <= NEAR * tolerance(numeric))) return wrong;
  const radii = verdicts.map(({ step }) => step);
  const { slope, deviation } = fitDerivative(
    (t) => oddPart(subject, quantity, index, t, gradOutput),
    radii,
  );
  const error = Math.abs(analytic - slope);
  // A slope that is known no better than that proves nothing.
  const right = Math.max(error, deviation) <= tolerance(slope);
  return { ...wrong, kind: right ? 'right' : 'wrong', numeric: slope, error };
}
