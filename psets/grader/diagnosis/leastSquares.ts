/**
 * Solves the normal equations of min_c Σ_k (Σ_j rows[k][j] c[j] − right[k])² by elimination with
 * pivots. Returns undefined if the columns are not independent, or if a number is not finite.
 */
export function leastSquares(
  rows: readonly (readonly number[])[],
  right: readonly number[],
): readonly number[] | undefined {
  const size = rows.at(0)?.length ?? 0;
  const system = Array.from({ length: size }, (_, a) => [
    ...Array.from({ length: size }, (__, b) => sum(rows.map((row) => row[a] * row[b]))),
    sum(rows.map((row, k) => row[a] * right[k])),
  ]);
  for (let at = 0; at < size; at++) {
    const rest = system.slice(at).map((row) => Math.abs(row[at]));
    const pivot = at + rest.indexOf(Math.max(...rest));
    if (pivot < at) return undefined;
    [system[at], system[pivot]] = [system[pivot], system[at]];
    const scale = sum(rows.map((row) => row[at] ** 2));
    if (!(Math.abs(system[at][at]) > 1e-9 * scale)) return undefined;
    for (let below = 0; below < size; below++) {
      if (below === at) continue;
      const factor = system[below][at] / system[at][at];
      for (let j = at; j <= size; j++) system[below][j] -= factor * system[at][j];
    }
  }
  return system.map((row, at) => row[size] / row[at]);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
