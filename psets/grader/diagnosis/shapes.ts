import { close, isRows, shapeOf, transposed } from '../values.ts';
import type { Comparison } from './evidence.ts';

/** Returns the first comparison whose two results differ in shape. */
export function firstWrongShape(comparisons: readonly Comparison[]): Comparison | undefined {
  return comparisons.find(({ expected, got }) => shapeOf(expected) !== shapeOf(got));
}

/** Explains results of a wrong shape. */
export function explainShape(comparisons: readonly Comparison[], wrong: Comparison): string {
  const swapped = comparisons.every(
    ({ expected, got }) =>
      isRows(expected) && isRows(got) && close(transposed(got).flat(), expected.flat()),
  );
  if (swapped) return 'transposed: rows and columns are exchanged';
  return `wrong shape: expected ${shapeOf(wrong.expected)}, got ${shapeOf(wrong.got)}`;
}
