import { CsvError, parse } from 'csv-parse/sync';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { readText } from '../lib/files/readFile.ts';
import { ArrayDataset } from './dataset.ts';

/** The options of `loadCsv`. */
export interface CsvOptions {
  /** The column with the class of each example; `label` by default. */
  readonly labelColumn?: string;
  /** `[1, 1, columns]` by default: each column except the label's is a channel. */
  readonly inputShape?: readonly number[];
  /** The classes in the order of their labels; by default those in the file, sorted. */
  readonly classNames?: readonly string[];
  /** The factor of the inputs; 1 by default. */
  readonly scale?: number;
}

/**
 * Reads a dataset from a CSV file (RFC 4180). The first line names the columns; each further line
 * is an example, with a class in the column `label` and a number in every other one, in
 * JavaScript's notation. Classes that are all integers are sorted as numbers.
 *
 * Errors: a file that cannot be read or parsed; a missing column; a field that is not a number; an
 *         unknown class, with the file and the example, counted from 0; an unknown option.
 *
 *     const train = await loadCsv('iris.csv', { labelColumn: 'species' });
 *     train.inputShape; // [1, 1, 4]
 */
export async function loadCsv(file: string, options: CsvOptions = {}): Promise<ArrayDataset> {
  checkOptions('loadCsv', options, ['labelColumn', 'inputShape', 'classNames', 'scale']);
  const { labelColumn = 'label', inputShape, classNames, scale = 1 } = options;
  const [head, ...rows] = parseRows(file, await readText(file));
  if (head === undefined)
    throw new InputError(`${file}: expected a line with the names of the columns, got none`);
  const labelAt = head.indexOf(labelColumn);
  if (labelAt < 0)
    throw new InputError(
      `${file}: expected a column ${show(labelColumn)}, got ${head.map(show).join(', ')}`,
    );
  if (head.length < 2)
    throw new InputError(`${file}: expected columns besides ${show(labelColumn)}, got none`);
  if (rows.length === 0) throw new InputError(`${file}: expected at least one example, got none`);
  const names = classNames ?? sortedClasses(rows.map((row) => row[labelAt]));
  const inputColumns = head.filter((_, column) => column !== labelAt);
  const columns = inputColumns.length;
  const inputs = new Float32Array(rows.length * columns);
  const labels = rows.map((row, example) => {
    row
      .filter((_, column) => column !== labelAt)
      .forEach((text, column) => {
        const value = text.trim() === '' ? NaN : Number(text);
        if (!Number.isFinite(Math.fround(value * scale))) {
          const name = show(inputColumns[column]);
          throw new InputError(
            `${file}: example ${example}, column ${name}: expected a number, got ${show(text)}`,
          );
        }
        inputs[example * columns + column] = value;
      });
    const label = names.indexOf(row[labelAt]);
    if (label >= 0) return label;
    throw new InputError(
      `${file}: example ${example}: expected one of the classes ${abbreviated(names)}, got ${show(row[labelAt])}`,
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

function parseRows(file: string, text: string): string[][] {
  try {
    return parse(text, { bom: true, skip_empty_lines: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InputError(`${file}: ${error.message}`, { cause: error });
  }
}

function sortedClasses(classes: readonly string[]): string[] {
  const names = [...new Set(classes)];
  const areIntegers = names.every((name) => /^\d+$/.test(name));
  return areIntegers ? names.sort((a, b) => Number(a) - Number(b)) : names.sort();
}

function abbreviated(names: readonly string[]): string {
  return names.length > 12
    ? `${names.slice(0, 10).join(', ')}, ... (${names.length})`
    : names.join(', ');
}
