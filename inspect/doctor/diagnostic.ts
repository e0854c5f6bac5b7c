import type { Dataset } from '../../data/dataset.ts';
import type { Module } from '../../lib/module.ts';
import type { Rng } from '../../lib/rng.ts';

/** The severity of a finding. */
export type Severity = 'good' | 'warning' | 'bad';

/** The result of one check. */
export interface Diagnostic {
  /** The name of the check: `label balance`, `dead units`. */
  readonly name: string;
  readonly severity: Severity;
  /** The finding, with its numbers. */
  readonly finding: string;
  /** What the user can do; empty if the severity is good. */
  readonly advice: string;
}

/** The network and data to check. */
export interface DiagnosticContext {
  /** Builds a new network on the backend in use, with the same weights each time. */
  readonly build: () => Module;
  /** The training set. */
  readonly data: Dataset;
  /** The generator that chooses the examples for the checks. */
  readonly rng: Rng;
  /** The number of examples per step in the planned training; 64 by default. */
  readonly batchSize?: number;
}

/** Makes a diagnostic. If the severity is good, the advice is left out. */
export function judge(
  name: string,
  severity: Severity,
  finding: string,
  advice: string,
): Diagnostic {
  return { name, severity, finding, advice: severity === 'good' ? '' : advice };
}

/**
 * Draws the indices of `count` examples without replacement, or of all examples if there are fewer.
 */
export function sample(
  { data, rng }: DiagnosticContext,
  count: number,
  stream: number,
): Int32Array {
  return rng.fold(stream).permutation(data.length).slice(0, count);
}

/** Formats a number with three digits. */
export const brief = (value: number): string => String(Number(value.toPrecision(3)));
