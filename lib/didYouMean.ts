/**
 * The end of a message about an unknown name: `; did you mean stride?` if a known name is similar,
 * else `; expected one of bias, init, rng`.
 */
export function didYouMean(name: string, known: readonly string[]): string {
  if (known.length === 0) return '; expected none';
  const distances = known.map((other) => editDistance(name.toLowerCase(), other.toLowerCase()));
  const least = Math.min(...distances);
  const isSimilar = least <= Math.max(1, Math.floor(name.length / 3));
  return isSimilar
    ? `; did you mean ${known[distances.indexOf(least)]}?`
    : `; expected one of ${known.join(', ')}`;
}

/**
 * The number of letters to insert, delete, replace or swap with their neighbour that leads from one
 * word to the other (the optimal string alignment distance).
 */
function editDistance(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = rows[i - 1][j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, rows[i - 1][j] + 1, row[j - 1] + 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwap) row[j] = Math.min(row[j], rows[i - 2][j - 2] + 1);
    }
    rows.push(row);
  }
  return rows[from.length][to.length];
}
