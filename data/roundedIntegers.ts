/**
 * The integers in a column that single precision cannot hold. Two of them may become the same
 * number, such as the times 1700000001 and 1700000002 in seconds.
 */
export class RoundedIntegers {
  readonly #columns = new Map<string, { count: number; first: string; line: number }>();

  /**
   * Adds a cell if it is an integer above 2^24 that single precision rounds. A number with a point
   * or an exponent is a measurement, whose last digits do not matter.
   */
  add(column: string, text: string, value: number, line: number): void {
    if (Math.fround(value) === value || !/^\s*[+-]?\d+\s*$/.test(text)) return;
    const known = this.#columns.get(column);
    if (known === undefined) this.#columns.set(column, { count: 1, first: text.trim(), line });
    else known.count++;
  }

  /** Returns a line per column with such integers. */
  notes(file: string): string[] {
    return [...this.#columns].map(([column, { count, first, line }]) => {
      const number = count === 1 ? 'an integer is' : `${count} integers are`;
      const example = `in line ${line}: ${first} becomes ${Math.fround(Number(first))}`;
      return `${file}: column ${JSON.stringify(column)}: ${number} rounded to single precision, which holds every integer up to 16777216; ${example}`;
    });
  }
}
