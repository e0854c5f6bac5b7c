/**
 * Returns the end of a message about an unknown name: `; did you mean stride?` if a known name is
 * similar, otherwise `; expected one of bias, init, rng`.
 */
export function didYouMean(name: string, known: readonly string[]): string {
  if (known.length === 0) return '; expected none';
  const similar = similarName(name, known);
  return similar === undefined
    ? `; expected one of ${known.join(', ')}`
    : `; did you mean ${similar}?`;
}

/**
 * Longer names are not compared, because the time of a comparison grows with the product of the two
 * lengths.
 */
const MAX_LENGTH = 100;

/**
 * Returns the known name that is most similar to the given one, or undefined if no name is similar.
 */
export function similarName(name: string, known: readonly string[]): string | undefined {
  const most = Math.max(1, Math.floor(name.length / 3));
  let [similar, least]: [string | undefined, number] = [undefined, most + 1];
  if (name.length > MAX_LENGTH) return undefined;
  for (const other of known) {
    if (other.length > MAX_LENGTH || Math.abs(other.length - name.length) >= least) continue;
    const distance = editDistance(name.toLowerCase(), other.toLowerCase());
    if (distance < least) [similar, least] = [other, distance];
  }
  return similar;
}

/**
 * Returns the number of edits that turn one word into the other (the optimal string alignment
 * distance). An edit inserts, deletes or replaces a letter, or swaps two neighbours.
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
