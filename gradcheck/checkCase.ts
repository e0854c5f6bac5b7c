import { leaves, GradcheckTarget } from './target.ts';
import { Cost } from '../lib/cost.ts';
import { tidy } from '../lib/memory.ts';
import type { Rng } from '../lib/rng.ts';
import type { Case } from './case.ts';
import { checkContract, checkShapes, type Violation } from './contract.ts';
import { coordinates, diagnose } from './diagnose.ts';
import { compare, type Comparison } from './numeric.ts';

/** One quantity of one case. */
export interface Result {
  /** The class of the box. */
  readonly name: string;
  readonly config: string;
  /** `output`, `input`, `param:weight`, ... */
  readonly quantity: string;
  /** Numbers compared. */
  readonly checked: number;
  /** Coordinates at kinks. */
  readonly skipped: number;
  /** On float64 the largest |analytic − numeric|; on another backend the largest error relative to the tensor's largest value. */
  readonly maxError: number;
  readonly pass: boolean;
  readonly message?: string;
}

/** Below this a gradient is zero to the finite difference. */
const VACUOUS = 1e-9;

/** Proves one case in double precision: the contract, then every coordinate of every gradient. */
export function checkCase(name: string, item: Case, rng: Rng): Result[] {
  const { config } = item;
  try {
    const subject = new GradcheckTarget(item, rng);
    try {
      return prove(subject, rng).map((result) => ({ name, config, ...result }));
    } finally {
      subject.forget();
    }
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

function prove(subject: GradcheckTarget, rng: Rng): Omit<Result, 'name' | 'config'>[] {
  const outputs = subject.outputs();
  // Random, signed, no two alike: a sum would let through whatever cancels in it.
  const gradOutput =
    subject.box instanceof Cost
      ? Float64Array.of(1)
      : rng.normals(outputs.length).map((value) => value + 0.5 * Math.sign(value));
  const malformed = checkShapes(subject, gradOutput);
  const breaches = malformed.length > 0 ? malformed : checkContract(subject, gradOutput, rng);
  const rows = [verdict('output', outputs.length, breaches)];
  const gradients = subject.gradients(gradOutput);
  subject.remember();
  for (const quantity of subject.quantities) {
    if (breachOf(malformed, quantity.name) !== undefined) {
      rows.push(verdict(quantity.name, 0, malformed));
      continue;
    }
    const analytic = gradients[quantity.name].values;
    const comparison = compare(subject, quantity, analytic, gradOutput, rng);
    const { checked, skipped, maxError } = comparison;
    const message = judge(comparison, gradOutput, subject) ?? breachOf(breaches, quantity.name);
    const numbers = { checked, skipped, maxError, pass: message === undefined };
    rows.push({ quantity: quantity.name, ...numbers, ...(message !== undefined && { message }) });
  }
  const known = new Set(['output', ...subject.quantities.map(({ name }) => name)]);
  for (const { quantity } of breaches)
    if (!known.has(quantity)) rows.push(verdict(quantity, 0, breaches));
  return rows;
}

/** What is wrong with the numbers, or nothing. */
function judge(
  comparison: Comparison,
  gradOutput: Float64Array,
  subject: GradcheckTarget,
): string | undefined {
  const { quantity, mismatches, checked, skipped, analytic, numeric } = comparison;
  if (mismatches.length > 0) {
    const { index, analytic: a, numeric: n, step } = mismatches[0];
    const guess = diagnose({ ...comparison, gradOutput, batch: batchOf(subject) });
    const others =
      mismatches.length > 1 ? ` and ${mismatches.length - 1} more of ${analytic.length}` : '';
    const at = `[${coordinates(index, quantity.shape).join(', ')}]`;
    return (
      `${quantity.name}${at}: analytic ${brief(a)}, numeric ${brief(n)}, step ${step.toExponential(1)}${others}` +
      (guess === undefined ? '' : `; looks like this: ${guess}`)
    );
  }
  if (skipped > 1 && skipped > 0.1 * analytic.length) {
    return `${skipped} of ${analytic.length} coordinates stand at kinks: keep the inputs away from them`;
  }
  if (checked === 0) return 'no coordinate could be checked';
  if (analytic.every(zero) && numeric.every(zero))
    return 'vacuous: the analytic and the numeric gradient are both zero';
  return undefined;
}

function zero(value: number): boolean {
  return Math.abs(value) < VACUOUS;
}

function verdict(quantity: string, checked: number, breaches: readonly Violation[]) {
  const message = breachOf(breaches, quantity);
  const pass = message === undefined;
  return {
    quantity,
    checked,
    skipped: 0,
    maxError: 0,
    pass,
    ...(message !== undefined && { message }),
  };
}

function breachOf(breaches: readonly Violation[], quantity: string): string | undefined {
  return breaches.find((breach) => breach.quantity === quantity)?.message;
}

/** The first axis of input and output, where they agree: one row an example. */
function batchOf(subject: GradcheckTarget): number {
  return tidy(() => {
    const input = subject.input();
    const sizes = [input, subject.forward(input).output]
      .flatMap(leaves)
      .map(([, tensor]) => tensor.shape[0] ?? 1);
    return sizes.every((size) => size === sizes[0]) ? sizes[0] : 1;
  });
}

function brief(value: number): string {
  return String(Number(value.toPrecision(7)));
}
