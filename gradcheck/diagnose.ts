import { coordinates, flatIndex } from '../lib/coordinates.ts';
import { numElements } from '../lib/shapes.ts';
import type { Comparison } from './compareGradient.ts';

/** A wrong gradient, and data that may explain it. */
export interface Evidence extends Comparison {
  readonly gradOutput: Float64Array;
  /** The number of examples, if the output has one row per example; otherwise 1. */
  readonly batch: number;
}

/**
 * Describes the common mistake that would explain a wrong gradient. Returns undefined if none
 * would.
 */
export function diagnose(evidence: Evidence): string | undefined {
  return HYPOTHESES.map((explain) => explain(evidence)).find((text) => text !== undefined);
}

type Hypothesis = (evidence: Evidence) => string | undefined;

/**
 * The possible mistakes. Specific ones come before general ones, because a wrong sign, for example,
 * is also a wrong factor.
 */
const HYPOTHESES: readonly Hypothesis[] = [
  isZero,
  ({ analytic, numeric }) => (close(analytic, numeric, -1) ? 'the sign is wrong' : undefined),
  ignoresGradOutput,
  oneExample,
  factor,
  passedThrough,
  transposed,
  flipped,
  shifted,
  overwritten,
  border,
];

/** The largest rounding error of a gradient that should be 0. */
const ROUNDING = 1e-12;

function isZero({ analytic, jacobian, gradOutput }: Evidence) {
  const vanishes = (values: Float64Array) => values.every((value) => Math.abs(value) < ROUNDING);
  if (!vanishes(analytic)) return undefined;
  const sums = sumsOf(jacobian);
  const sumIsFlat = gradOutput.length > 1 && sums.every((sum) => Math.abs(sum) < FLAT);
  return sumIsFlat
    ? 'it is zero, and so is the gradient of the sum of the outputs: perhaps gradOutput is ignored'
    : 'it is zero';
}

/** The largest error of a finite difference of a sum that does not change. */
const FLAT = 1e-6;

/** Computes ∂C/∂x where C is the sum of the outputs. */
function sumsOf(jacobian: readonly Float64Array[]): Float64Array {
  return Float64Array.from(jacobian, (column) => column.reduce((sum, value) => sum + value, 0));
}

function ignoresGradOutput({ analytic, jacobian, gradOutput }: Evidence) {
  if (gradOutput.length === 1) return undefined;
  return close(analytic, sumsOf(jacobian))
    ? 'gradOutput is ignored: this is the gradient of the sum of the outputs'
    : undefined;
}

function oneExample({ tensor, analytic, batch, ...evidence }: Evidence) {
  if (batch < 2 || !tensor.name.startsWith('param:')) return undefined;
  for (let example = 0; example < batch; example++) {
    if (close(analytic, ofExample(evidence, example, batch))) {
      return `the batch is not summed: this is the gradient of example ${example} alone`;
    }
  }
  return undefined;
}

function factor({ analytic, numeric, batch }: Evidence) {
  const ratio = dot(analytic, numeric) / dot(numeric, numeric);
  if (!close(analytic, numeric, ratio)) return undefined;
  const known = [
    [1 / batch, ' (1/batch)'],
    [batch, ' (the batch)'],
  ] as const;
  const name = batch > 1 ? known.find(([value]) => Math.abs(ratio - value) < 1e-6)?.[1] : undefined;
  return `off by a factor ${Number(ratio.toPrecision(6))}${name ?? ''}`;
}

function passedThrough({ analytic, gradOutput }: Evidence) {
  return close(analytic, gradOutput)
    ? 'gradOutput is passed on: the derivative is missing'
    : undefined;
}

function transposed({ tensor: { shape }, analytic, numeric }: Evidence) {
  for (let p = 0; p < shape.length; p++) {
    for (let q = p + 1; q < shape.length; q++) {
      if (shape[p] > 1 && shape[q] > 1 && close(swapAxes(analytic, shape, p, q), numeric)) {
        return shape.length === 2 ? 'transposed' : `transposed: axes ${p} and ${q} are swapped`;
      }
    }
  }
  return undefined;
}

function flipped({ tensor: { shape }, analytic, numeric }: Evidence) {
  for (let mask = 1; mask < 2 ** shape.length; mask++) {
    const axes = shape.map((_, axis) => axis).filter((axis) => mask & (1 << axis));
    if (
      axes.every((axis) => shape[axis] > 1) &&
      close(
        along(analytic, shape, (at, axis) => (axes.includes(axis) ? shape[axis] - 1 - at : at)),
        numeric,
      )
    ) {
      return `flipped along axes ${axes.join(', ')}: a convolution where a correlation was meant, or the reverse`;
    }
  }
  return undefined;
}

function shifted({ tensor: { shape }, analytic, numeric }: Evidence) {
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] < 3) continue;
    for (const by of [1, -1]) {
      // Values that are shifted in from outside cannot be compared, so they are replaced by the
      // numeric values.
      const moved = along(analytic, shape, (at, k) => (k === axis ? at + by : at), numeric);
      if (close(moved, numeric)) return `shifted by one along axis ${axis}`;
    }
  }
  return undefined;
}

function overwritten({ analytic, jacobian, gradOutput, mismatches }: Evidence) {
  const alone = mismatches.every(({ index }) => {
    const terms = jacobian[index]
      .map((value, o) => value * gradOutput[o])
      .filter((term) => Math.abs(term) > 1e-9);
    return terms.length > 1 && terms.some((term) => near(term, analytic[index]));
  });
  return alone ? 'only one of several terms is there: = for += where windows overlap' : undefined;
}

function border({ tensor: { shape }, mismatches }: Evidence) {
  // In images and sequences, the axes between the batch and the channels are those of the
  // positions.
  const positions = shape.map((_, axis) => axis).slice(1, -1);
  const atBorder = (index: number) =>
    positions.some((axis) => {
      const at = coordinates(index, shape)[axis];
      return at === 0 || at === shape[axis] - 1;
    });
  const interior = Array.from({ length: numElements(shape) }, (_, index) => index).some(
    (index) => !atBorder(index),
  );
  return positions.length > 0 && interior && mismatches.every(({ index }) => atBorder(index))
    ? 'wrong only at the border'
    : undefined;
}

/** Returns the part of the numeric gradient that comes from the outputs of one example. */
function ofExample(
  { jacobian, gradOutput }: Pick<Evidence, 'jacobian' | 'gradOutput'>,
  example: number,
  batch: number,
) {
  const each = gradOutput.length / batch;
  return Float64Array.from(jacobian, (column) =>
    dot(
      column.subarray(example * each, (example + 1) * each),
      gradOutput.subarray(example * each, (example + 1) * each),
    ),
  );
}

/**
 * Returns whether a ≈ scale · b in every element. The error may be at most 1e-5 of the largest
 * value.
 */
function close(a: Float64Array, b: Float64Array, scale = 1): boolean {
  if (a.length !== b.length) return false;
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(scale * value)), 0);
  return largest > 0 && a.every((value, i) => Math.abs(value - scale * b[i]) <= 1e-5 * largest);
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-8 + 1e-5 * Math.abs(a);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/**
 * Replaces each value by the value at the position that `from` returns. If that position is outside
 * the tensor, the value in `beyond` is used, or 0 if there is none.
 */
function along(
  values: Float64Array,
  shape: readonly number[],
  from: (at: number, axis: number) => number,
  beyond?: Float64Array,
): Float64Array {
  return values.map((_, index) => {
    const source = coordinates(index, shape).map(from);
    const inside = source.every((at, axis) => at >= 0 && at < shape[axis]);
    return inside ? values[flatIndex(source, shape)] : (beyond?.[index] ?? 0);
  });
}

/**
 * Returns the values that result if two axes are exchanged in the storage order, as if the tensor
 * had been read with the wrong layout.
 */
function swapAxes(
  values: Float64Array,
  shape: readonly number[],
  p: number,
  q: number,
): Float64Array {
  const swap = (list: readonly number[]) =>
    list.map((item, axis) => (axis === p ? list[q] : axis === q ? list[p] : item));
  const swapped = swap(shape);
  return values.map((_, index) => values[flatIndex(swap(coordinates(index, shape)), swapped)]);
}
