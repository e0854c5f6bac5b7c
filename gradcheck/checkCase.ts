import { coordinates } from '../lib/coordinates.ts';
import { Cost } from '../lib/cost.ts';
import { messageOf } from '../lib/errors.ts';
import { tidy } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import type { Case } from './case.ts';
import { compareGradient, type Comparison } from './compareGradient.ts';
import { checkContract, checkShapes, type Violation } from './contract.ts';
import { diagnose } from './diagnose.ts';
import { failure, type Result } from './result.ts';
import { GradcheckTarget, tensorsOf } from './target.ts';

/** The smallest gradient that finite differences can distinguish from 0. */
const VACUOUS = 1e-9;

/**
 * The violation that is reported for a container that computes something between its boxes, or
 * chooses boxes depending on the values of its input.
 */
const OTHER_ROUTE: Violation = {
  tensor: 'output',
  message: 'the boxes in the order of the traversal do not give the output of forward',
};

/**
 * Checks one case in double precision: first the contract, and then every coordinate of every
 * gradient.
 */
export function checkCase(name: string, item: Case, rng: Rng): Result[] {
  const { config } = item;
  try {
    const target = new GradcheckTarget(item);
    target.moveEqualParams(rng);
    try {
      return checkTarget(target, rng).map((result) => ({ name, config, ...result }));
    } finally {
      target.stopReplay();
    }
  } catch (error) {
    return [failure(name, config, messageOf(error))];
  }
}

type TensorResult = Omit<Result, 'name' | 'config'>;

function checkTarget(target: GradcheckTarget, rng: Rng): TensorResult[] {
  const outputs = target.outputs();
  // Random values with both signs. Some mistakes would cancel in a plain sum, and these values
  // reveal them.
  const gradOutput =
    target.box instanceof Cost
      ? Float64Array.of(1)
      : rng.normals(outputs.length).map((value) => value + 0.5 * Math.sign(value));
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
    const message =
      describeMismatch(comparison, gradOutput, target) ?? messageFor(violations, tensor.name);
    const compared = { checked, skipped, maxError, pass: message === undefined };
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

/** Describes what is wrong with the values of a gradient. Returns undefined if they are correct. */
function describeMismatch(
  comparison: Comparison,
  gradOutput: Float64Array,
  target: GradcheckTarget,
): string | undefined {
  const { tensor, mismatches, checked, skipped, analytic, numeric } = comparison;
  if (mismatches.length > 0) {
    const { index, analytic: a, numeric: n, step } = mismatches[0];
    const guess = diagnose({ ...comparison, gradOutput, batch: batchSize(target) });
    const others =
      mismatches.length > 1 ? ` and ${mismatches.length - 1} more of ${analytic.length}` : '';
    const at = `[${coordinates(index, tensor.shape).join(', ')}]`;
    return (
      `${tensor.name}${at}: analytic ${round(a)}, numeric ${round(n)}, step ${step.toExponential(1)}${others}` +
      (guess === undefined ? '' : `; looks like this: ${guess}`)
    );
  }
  if (skipped > 1 && skipped > 0.1 * analytic.length) {
    return `${skipped} of ${analytic.length} coordinates stand at kinks: keep the inputs away from them`;
  }
  if (checked === 0) return 'no coordinate could be checked';
  if (analytic.every(isZero) && numeric.every(isZero))
    return 'vacuous: the analytic and the numeric gradient are both zero';
  return undefined;
}

function isZero(value: number): boolean {
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
