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

/** The number of letters to insert, delete or replace that lead from one word to the other. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}
