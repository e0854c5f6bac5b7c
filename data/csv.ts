import { readFileSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import { InputError, show } from '../lib/errors.ts';
import { systemProblem } from '../lib/files/systemError.ts';
import { ArrayDataset } from './dataset.ts';

export interface CsvOptions {
  /** The column with the class of each record; `label` by default. */
  readonly labelColumn?: string;
  /** `[1, 1, columns]` by default: each column besides the label's is a channel. */
  readonly inputShape?: readonly number[];
  /** The names of the classes, in the order of their labels; by default those in the file, sorted. */
  readonly classNames?: readonly string[];
  /** What numbers are multiplied by; 1 by default. */
  readonly scale?: number;
}

/**
 * A dataset from a CSV file (RFC 4180) with a head line: a number in every column, and a class in the column `label`.
 * Numbers are read as JavaScript reads them. Classes that are all integers sort as numbers.
 *
 * Errors: a file that cannot be read or parsed, no such column, a field that is no number or an unknown class, with the
 *         file and the record, counted from 0.
 */
export function loadCsv(
  file: string,
  { labelColumn: label = 'label', inputShape, classNames, scale = 1 }: CsvOptions = {},
) {
  const [head, ...rows] = parseRows(file);
  if (head === undefined)
    throw new InputError(`${file}: expected a line with the names of the columns, got none`);
  const at = head.indexOf(label);
  if (at < 0)
    throw new InputError(
      `${file}: expected a column ${show(label)}, got ${head.map(show).join(', ')}`,
    );
  if (head.length < 2)
    throw new InputError(`${file}: expected columns besides ${show(label)}, got none`);
  if (rows.length === 0) throw new InputError(`${file}: expected at least one record, got none`);
  const names = classNames ?? namesOf(rows.map((row) => row[at]));
  const columns = head.length - 1;
  const inputs = new Float32Array(rows.length * columns);
  const labels = rows.map((row, record) => {
    row
      .filter((_, column) => column !== at)
      .forEach((text, column) => {
        const value = text.trim() === '' ? NaN : Number(text);
        if (!Number.isFinite(Math.fround(value * scale))) {
          const name = head.filter((_, k) => k !== at)[column];
          throw new InputError(
            `${file}: record ${record}, column ${show(name)}: expected a number, got ${show(text)}`,
          );
        }
        inputs[record * columns + column] = value;
      });
    const found = names.indexOf(row[at]);
    if (found >= 0) return found;
    throw new InputError(
      `${file}: record ${record}: expected one of the classes ${brief(names)}, got ${show(row[at])}`,
    );
  });
  return new ArrayDataset({
    name: file,
    inputs,
    inputShape: inputShape ?? [1, 1, columns],
    labels,
    scale,
    classes: names.length,
    classNames: names,
  });
}

function parseRows(file: string): string[][] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${file}: cannot be read: ${systemProblem(error)}`, { cause: error });
  }
  try {
    return parse(text, { bom: true, skip_empty_lines: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InputError(`${file}: ${error.message}`, { cause: error });
  }
}

function namesOf(classes: readonly string[]): string[] {
  const names = [...new Set(classes)];
  const numbers = names.every((name) => /^\d+$/.test(name));
  return numbers ? names.sort((a, b) => Number(a) - Number(b)) : names.sort();
}

function brief(names: readonly string[]): string {
  return names.length > 12
    ? `${names.slice(0, 10).join(', ')}, ... (${names.length})`
    : names.join(', ');
}
