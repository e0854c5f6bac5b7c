import type { Exhibit } from './evidence.ts';

/** The largest error of results that are nearly right, as a share of the largest number. */
const NEARLY = 1e-3;
/** The largest error of single precision, after a few operations. */
const SINGLE = 1e-6;

/** Explains results that are right, and then rounded to single precision. */
export function explainSinglePrecision(evidence: readonly Exhibit[]): string | undefined {
  const single = evidence.every(({ got, counts }) =>
    got.every((value, i) => !counts[i] || value === Math.fround(value)),
  );
  return single && errorOf(evidence) < SINGLE
    ? 'in single precision: every number is rounded to a Float32, and plain numbers have twice the digits'
    : undefined;
}

/** Explains results that differ from the right ones only from a certain digit on. */
export function explainNearly(evidence: readonly Exhibit[]): string | undefined {
  const error = errorOf(evidence);
  if (!(error < NEARLY)) return undefined;
  const digits = `nearly right: the largest error is ${error.toPrecision(1)} of the largest number`;
  return error < SINGLE
    ? `${digits}; is a step computed in single precision (Float32Array, Math.fround), or changed by an ε?`
    : `${digits}; is a step rounded, approximated, or changed by an ε?`;
}

/** Returns the largest error as a share of the largest number. */
function errorOf(evidence: readonly Exhibit[]): number {
  const errors = evidence.flatMap(({ expected, got, counts }) => {
    const scale = Math.max(...expected.map(Math.abs)) || 1;
    return got.map((value, i) => (counts[i] ? Math.abs(value - expected[i]) / scale : 0));
  });
  return Math.max(...errors);
}
