import { InputError, show } from '../lib/errors.ts';
import { shorten } from '../lib/oneLine.ts';

/** The positions of the targets and the inputs in a row of a CSV file. */
export interface CsvLayout {
  /** The indices of the columns with the targets: the label's, or those of numbers to predict. */
  readonly targetsAt: readonly number[];
  /** The indices of the input columns, in the order of the inputs. */
  readonly inputsAt: readonly number[];
  /** The names of the input columns, in the order of the inputs. */
  readonly columns: readonly string[];
}

/** The columns of a CSV file that hold the targets. */
export interface TargetColumns {
  /** The names of the columns. */
  readonly names: readonly string[];
  /** The content of the columns, for messages, such as `the classes`. */
  readonly content: string;
  /** The option that names them, for messages. */
  readonly option: string;
}

/**
 * Checks the names of a CSV file's columns, and finds the columns of the targets and the inputs.
 *
 * Errors: a missing column of a target, or no other column; a column without a name; two columns
 *         with the same name; numbers in place of names; columns that differ from `wanted`.
 * @param wanted the names of the input columns, in order; by default all columns except those of
 *   the targets.
 */
export function csvLayout(
  file: string,
  names: readonly string[],
  targets: TargetColumns,
  wanted?: readonly string[],
): CsvLayout {
  const targetsAt = targets.names.map((name) => names.indexOf(name));
  const missing = targetsAt.indexOf(-1);
  if (missing >= 0) {
    const isData = names.some(isNumber) ? '; --no-header reads a file without names' : '';
    throw new InputError(
      `${file}: expected a column ${show(targets.names[missing])} with ${targets.content}, got ${listNames(names)}; ` +
        `${targets.option} names another one${isData}`,
    );
  }
  if (names.every(isNumber) && !countColumns(names)) {
    throw new InputError(
      `${file}: line 1: expected the names of the columns, got ${listNames(names)}; ` +
        `--no-header reads a file without names`,
    );
  }
  checkNames(file, names);
  const columns = wanted ?? names.filter((name) => !targets.names.includes(name));
  if (columns.length === 0)
    throw new InputError(`${file}: expected columns besides ${listNames(targets.names)}, got none`);
  const inputsAt = positions(file, names, columns, targets.names);
  return { targetsAt, inputsAt, columns };
}

/** Returns the indices of the input columns. Throws if a column is missing or unexpected. */
function positions(
  file: string,
  names: readonly string[],
  columns: readonly string[],
  targets: readonly string[],
): number[] {
  const positionOf = new Map(names.map((name, at) => [name, at]));
  const fail = (got: string) =>
    new InputError(
      `${file}: expected the columns of the training, ${listNames(columns)}, got ${got}`,
    );
  const inputsAt = columns.map((name) => {
    const at = targets.includes(name) ? undefined : positionOf.get(name);
    if (at === undefined) throw fail(`no ${show(name)}`);
    return at;
  });
  const used = new Set([...columns, ...targets]);
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
