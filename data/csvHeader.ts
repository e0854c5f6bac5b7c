import { InputError, show } from '../lib/errors.ts';
import { shorten } from '../lib/oneLine.ts';

/** The positions of the label and the inputs in a row of a CSV file. */
export interface CsvLayout {
  /** The index of the label's column. */
  readonly labelAt: number;
  /** The indices of the input columns, in the order of the inputs. */
  readonly inputsAt: readonly number[];
  /** The names of the input columns, in the order of the inputs. */
  readonly columns: readonly string[];
}

/**
 * Checks the names of a CSV file's columns, and finds the columns of the label and the inputs.
 *
 * Errors: no column `labelColumn`, or no other column; a column without a name; two columns with
 *         the same name; numbers in place of names; columns that differ from `wanted`.
 * @param wanted the names of the input columns, in order; by default all columns except the
 *   label's.
 */
export function csvLayout(
  file: string,
  names: readonly string[],
  labelColumn: string,
  wanted?: readonly string[],
): CsvLayout {
  const labelAt = names.indexOf(labelColumn);
  if (labelAt < 0) {
    const isData = names.some(isNumber) ? '; --no-header reads a file without names' : '';
    throw new InputError(
      `${file}: expected a column ${show(labelColumn)} with the classes, got ${listNames(names)}; ` +
        `--label names another one${isData}`,
    );
  }
  if (names.every(isNumber) && !countColumns(names)) {
    throw new InputError(
      `${file}: line 1: expected the names of the columns, got ${listNames(names)}; ` +
        `--no-header reads a file without names`,
    );
  }
  checkNames(file, names);
  const columns = wanted ?? names.filter((name) => name !== labelColumn);
  if (columns.length === 0)
    throw new InputError(`${file}: expected columns besides ${show(labelColumn)}, got none`);
  const inputsAt = positions(file, names, columns, labelColumn);
  return { labelAt, inputsAt, columns };
}

/** Returns the indices of the input columns. Throws if a column is missing or unexpected. */
function positions(
  file: string,
  names: readonly string[],
  columns: readonly string[],
  labelColumn: string,
): number[] {
  const positionOf = new Map(names.map((name, at) => [name, at]));
  const fail = (got: string) =>
    new InputError(
      `${file}: expected the columns of the training, ${listNames(columns)}, got ${got}`,
    );
  const inputsAt = columns.map((name) => {
    const at = name === labelColumn ? undefined : positionOf.get(name);
    if (at === undefined) throw fail(`no ${show(name)}`);
    return at;
  });
  const used = new Set(columns).add(labelColumn);
  const extra = names.find((name) => !used.has(name));
  if (extra !== undefined) throw fail(`also ${show(extra)}`);
  return inputsAt;
}

function checkNames(file: string, names: readonly string[]): void {
  const unnamed = names.findIndex((name) => name === '' || /^Unnamed: \d+$/.test(name));
  if (unnamed >= 0) {
    throw new InputError(
      `${file}: expected a name for each column, got ${show(names[unnamed])} for column ${unnamed + 1}: ` +
        `if it is the index of pandas, write the file with to_csv(..., index=False)`,
    );
  }
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) {
      throw new InputError(
        `${file}: expected a different name for each column, got ${show(name)} twice`,
      );
    }
    seen.add(name);
  }
}

function isNumber(name: string): boolean {
  return name !== '' && Number.isFinite(Number(name));
}

/**
 * Returns whether the names are 0, 1, 2, ... or 1, 2, 3, ..., which pandas writes for a table
 * without column names.
 */
function countColumns(names: readonly string[]): boolean {
  const start = Number(names[0]);
  return (start === 0 || start === 1) && names.every((name, at) => name === String(start + at));
}

/** Formats names for an error message. It shows the first ten, each of them shortened. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((name) => show(shorten(name, 40)));
  return `${shown.join(', ')}${names.length > 10 ? `, ... (${names.length})` : ''}`;
}
