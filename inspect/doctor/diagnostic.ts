import type { Dataset } from '../../data/dataset.ts';
import type { Module } from '../../lib/module.ts';
import type { Rng } from '../../lib/rng.ts';

export type Severity = 'good' | 'warning' | 'bad';

/** What one examination found. */
export interface Diagnostic {
  readonly name: string;
  readonly severity: Severity;
  /** With figures. */
  readonly finding: string;
  /** What to do; empty where all is good. */
  readonly advice: string;
}

/** Whom the doctor examines. */
export interface DiagnosticContext {
  /** A new network, the same each time, on the backend in use. */
  readonly build: () => Module;
  readonly data: Dataset;
  readonly rng: Rng;
}

/** The finding with the advice that its verdict calls for. */
export function judge(
  name: string,
  verdict: Severity,
  finding: string,
  advice: string,
): Diagnostic {
  return { name, severity: verdict, finding, advice: verdict === 'good' ? '' : advice };
}

/** Records drawn at random, at most as many as there are. */
export function sample(
  { data, rng }: DiagnosticContext,
  records: number,
  stream: number,
): Int32Array {
  return rng.fold(stream).permutation(data.length).slice(0, records);
}

/** Three digits are enough of any figure. */
export const brief = (value: number): string => String(Number(value.toPrecision(3)));
