import { InputError, show } from '../lib/errors.ts';
import { listNames, type CsvLayout } from './csvHeader.ts';
import { cleanCell } from './parseCsv.ts';
import { RoundedIntegers } from './roundedIntegers.ts';

/** The facts about a CSV file that are known before its examples are read. */
export interface CsvFile {
  /** The path of the file. */
  readonly file: string;
  /** Whether the first line names the columns. */
  readonly header: boolean;
  /** The names of all columns. */
  readonly names: readonly string[];
  /** The positions of the targets and the inputs in a row. */
  readonly layout: CsvLayout;
  /** The factor by which the inputs are multiplied. */
  readonly scale: number;
  /** Whether the targets are numbers to predict, and not a label. */
  readonly numbers?: boolean;
}

/** The examples of a file, row by row. */
export class CsvRows {
  /** The label of each example; empty if the targets are numbers. */
  readonly labels: string[] = [];
  /** The targets of each example, if they are numbers. */
  readonly targets: number[] = [];
  readonly #file: CsvFile;
  /** The number of the line of each example. */
  readonly #lines: number[] = [];
  readonly #rounded = new RoundedIntegers();
  #values: Float32Array;
  #length = 0;

  constructor(file: CsvFile) {
    this.#file = file;
    this.#values = new Float32Array(file.layout.columns.length);
  }

  /** Adds an example. */
  add(cells: readonly string[], line: number): void {
    const { names, scale, layout, numbers = false } = this.#file;
    const { inputsAt } = layout;
    if (cells.length !== names.length) {
      const wanted = `${names.length} cells, one per column`;
      throw this.#error(line, `expected ${wanted}, got ${cells.length}`);
    }
    if (this.#length + inputsAt.length > this.#values.length) {
      const larger = new Float32Array(2 * this.#values.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    for (const at of inputsAt) {
      const value = parseNumber(cells[at]);
      if (!Number.isFinite(Math.fround(value * scale))) throw this.#badNumber(cells, at, line);
      this.#rounded.add(names[at], cells[at], value, line);
      this.#values[this.#length++] = value;
    }
    if (numbers) this.#addNumbers(cells, line);
    else this.#addLabel(cells, line);
    this.#lines.push(line);
  }

  /** The number of examples. */
  get length(): number {
    return this.#lines.length;
  }

  /** Lines about numbers that single precision cannot hold. */
  get notes(): readonly string[] {
    return this.#rounded.notes(this.#file.file);
  }

  /** Returns the inputs of all examples. */
  inputs(): Float32Array {
    return this.#values.slice(0, this.#length);
  }

  /** Returns the label of each example as the index of its class. Throws for an unknown class. */
  labelsAs(classNames: readonly string[]): Int32Array {
    const indices = new Map(classNames.map((name, k) => [cleanCell(name), k]));
    return Int32Array.from(this.labels, (label, example) => {
      const k = indices.get(label);
      if (k !== undefined) return k;
      throw this.#error(
        this.#lines[example],
        `expected one of the classes ${listNames(classNames)}, got ${show(label)}`,
      );
    });
  }

  #addNumbers(cells: readonly string[], line: number): void {
    for (const at of this.#file.layout.targetsAt) {
      const value = parseNumber(cells[at]);
      if (!Number.isFinite(Math.fround(value))) throw this.#badNumber(cells, at, line);
      this.#rounded.add(this.#file.names[at], cells[at], value, line);
      this.targets.push(value);
    }
  }

  #addLabel(cells: readonly string[], line: number): void {
    const [at] = this.#file.layout.targetsAt;
    const label = cleanCell(cells[at]);
    if (label === '' || /^nan$/i.test(label)) {
      const column = show(this.#file.names[at]);
      throw this.#error(line, `expected a class in column ${column}, got ${show(label)}`);
    }
    this.labels.push(label);
  }

  #badNumber(cells: readonly string[], at: number, line: number): InputError {
    const { header, names } = this.#file;
    const text = cells[at];
    const isFirst = !header && this.length === 0;
    const hint = isFirst ? 'a first line of names is read without --no-header' : remedy(text);
    const expected = `a number in column ${show(names[at])}`;
    return this.#error(line, `expected ${expected}, got ${show(text)}: ${hint}`);
  }

  #error(line: number, problem: string): InputError {
    return new InputError(`${this.#file.file}: line ${line}: ${problem}`);
  }
}

/** Parses a decimal number. Returns NaN for any other text, such as an empty one or `0x10`. */
function parseNumber(text: string): number {
  const value = Number(text);
  // JavaScript converts an empty text to 0, and 0x10 to 16.
  if (value === 0 && text.trim() === '') return NaN;
  return text.length > 2 && /^\s*0[xob]/i.test(text) ? NaN : value;
}

/** Returns advice about a cell that is not a number in single precision. */
function remedy(text: string): string {
  const MISSING = /^(\W*|nan|n\/?a|null|none|[+-]?inf(inity)?)$/i;
  if (MISSING.test(text.trim())) return 'fill it in, or leave the line out';
  if (/^\s*-?\d+,\d+\s*$/.test(text)) return 'write decimals with a point';
  if (Number.isFinite(parseNumber(text))) return 'single precision ends at 3.4e38';
  return 'leave the column out, or write one column of 0 and 1 for each of its values';
}
