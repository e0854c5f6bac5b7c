import { coordinates } from '../lib/coordinates.ts';
import { Cost } from '../lib/cost.ts';
import { messageOf } from '../lib/errors.ts';
import { tidy } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import type { Case } from './case.ts';
import { compareGradient, type Comparison, type Mismatch } from './compareGradient.ts';
import { checkContract, checkShapes, type Violation } from './contract.ts';
import { diagnose } from './diagnose.ts';
import { failure, type Result } from './result.ts';
import { GradcheckTarget, tensorsOf, type CheckedTensor } from './target.ts';

/** The smallest gradient that finite differences can distinguish from 0. */
const VACUOUS = 1e-9;

/** The message for a gradient of zeros. */
export const VACUOUS_MESSAGE = 'vacuous: the analytic and the numeric gradient are both zero';

/**
 * The violation that is reported for a container that computes something between its boxes, or
 * chooses boxes depending on the values of its input.
 */
export const OTHER_ROUTE: Violation = {
  tensor: 'output',
  message: 'the boxes in the order of the traversal do not give the output of forward',
};

/**
 * Checks one case in double precision: first the contract, and then every coordinate of every
 * gradient.
 *
 * @param isDrawn whether the inputs were drawn for the check. Then a gradient that cannot be
 *   compared fails, because other inputs can be drawn. In a network such a gradient passes with a
 *   message, because a unit that is off has no gradient.
 */
export function checkCase(name: string, item: Case, rng: Rng, isDrawn = true): Result[] {
  const { config } = item;
  try {
    const target = new GradcheckTarget(item);
    target.moveEqualParams(rng);
    try {
      return checkTarget(target, rng, isDrawn).map((result) => ({ name, config, ...result }));
    } finally {
      target.stopReplay();
    }
  } catch (error) {
    return [failure(name, config, messageOf(error))];
  }
}

type TensorResult = Omit<Result, 'name' | 'config'>;

function checkTarget(target: GradcheckTarget, rng: Rng, isDrawn: boolean): TensorResult[] {
  const outputs = target.outputs();
  const gradOutput = target.box instanceof Cost ? Float64Array.of(1) : drawGradOutput(rng, outputs);
  const malformed = checkShapes(target, gradOutput);
  const broken = malformed.length > 0 ? malformed : checkContract(target, gradOutput, rng);
  const violations = target.startReplay() ? broken : [...broken, OTHER_ROUTE];
  const results: TensorResult[] = [];
  let isInputWrong = false;
  const gradients = target.gradients(gradOutput);
  for (const tensor of target.tensors) {
    if (messageFor(malformed, tensor.name) !== undefined) {
      results.push(contractResult(tensor.name, 0, malformed));
      continue;
    }
    const analytic = gradients[tensor.name].values;
    const comparison = compareGradient(target, tensor, analytic, gradOutput, rng);
    const { checked, skipped, maxError } = comparison;
    if (tensor.name.startsWith('input')) isInputWrong ||= comparison.mismatches.length > 0;
    const wrong =
      describeMismatch(comparison, gradOutput, target) ?? messageFor(violations, tensor.name);
    const message = wrong ?? describeDoubt(comparison);
    const pass = wrong === undefined && (message === undefined || !isDrawn);
    const compared = { checked, skipped, maxError, pass };
    results.push({ tensor: tensor.name, ...compared, ...(message !== undefined && { message }) });
  }
  // A wrong ∂C/∂x_in also has values outside the window, so it does not show whether the facts are
  // wrong.
  const output = violations.filter(({ byBackward }) => !(byBackward && isInputWrong));
  results.unshift(contractResult('output', outputs.length, output));
  const known = new Set(['output', ...target.tensors.map(({ name }) => name)]);
  for (const { tensor } of violations)
    if (!known.has(tensor)) results.push(contractResult(tensor, 0, violations));
  return results;
}

/**
 * Draws random values with both signs. Some mistakes would cancel in a plain sum, and these values
 * reveal them.
 */
export function drawGradOutput(rng: Rng, { length }: Float64Array): Float64Array {
  return rng.normals(length).map((value) => value + 0.5 * Math.sign(value));
}

/** Describes what is wrong with the values of a gradient. Returns undefined if they are correct. */
function describeMismatch(
  comparison: Comparison,
  gradOutput: Float64Array,
  target: GradcheckTarget,
): string | undefined {
  const { tensor, mismatches, analytic } = comparison;
  if (mismatches.length === 0) return undefined;
  const guess = diagnose({ ...comparison, gradOutput, batch: batchSize(target) });
  const others =
    mismatches.length > 1 ? ` and ${mismatches.length - 1} more of ${analytic.length}` : '';
  return (
    describeDifference(tensor, mismatches[0]) +
    others +
    (guess === undefined ? '' : `; looks like this: ${guess}`)
  );
}

/** Describes one wrong derivative: the coordinate, both values, and the step. */
export function describeDifference(
  { name, shape }: CheckedTensor,
  { index, analytic, numeric, step }: Mismatch,
): string {
  const at = `[${coordinates(index, shape).join(', ')}]`;
  return `${name}${at}: ${describeValues(analytic, numeric, step)}`;
}

/** Describes a derivative and the finite difference that it should equal. */
export function describeValues(analytic: number, numeric: number, step: number): string {
  return `analytic ${round(analytic)}, numeric ${round(numeric)}, step ${step.toExponential(1)}`;
}

/** Says why correct values prove too little. Returns undefined if they prove the gradient. */
function describeDoubt(comparison: Comparison): string | undefined {
  const { checked, skipped, analytic, numeric } = comparison;
  if (skipped > 1 && skipped > 0.1 * analytic.length) {
    return `${skipped} of ${analytic.length} coordinates stand at kinks: keep the inputs away from them`;
  }
  if (checked === 0) return 'no coordinate could be checked';
  if (analytic.every(isZero) && numeric.every(isZero)) return VACUOUS_MESSAGE;
  return undefined;
}

/** Returns whether finite differences cannot distinguish a derivative from 0. */
export function isZero(value: number): boolean {
  return Math.abs(value) < VACUOUS;
}

function contractResult(
  tensor: string,
  checked: number,
  violations: readonly Violation[],
): TensorResult {
  const message = messageFor(violations, tensor);
  return {
    tensor,
    checked,
    skipped: 0,
    maxError: 0,
    pass: message === undefined,
    ...(message !== undefined && { message }),
  };
}

function messageFor(violations: readonly Violation[], tensor: string): string | undefined {
  return violations.find((violation) => violation.tensor === tensor)?.message;
}

/** Returns the size of the first axis if it is the same in all inputs and outputs; otherwise 1. */
function batchSize(target: GradcheckTarget): number {
  return tidy(() => {
    const input = target.input();
    const sizes = [input, target.forward(input).output]
      .flatMap(tensorsOf)
      .map(([, tensor]) => tensor.shape[0] ?? 1);
    return sizes.every((size) => size === sizes[0]) ? sizes[0] : 1;
  });
}

function round(value: number): string {
  return String(Number(value.toPrecision(7)));
}
