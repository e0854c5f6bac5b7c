import * as v from 'valibot';
import type { CsvOptions } from '../data/csv.ts';
import type { Dataset } from '../data/dataset.ts';
import { InputError, show } from '../lib/errors.ts';
import { object, text } from '../lib/schema.ts';

/**
 * The form of the CSV file on which a network was trained, as an entry of the metadata of its
 * weights.
 */
export interface TrainingTable {
  /** The names of the columns of the inputs, in the order of the inputs. */
  readonly columns: readonly string[];
  /** The column of the classes. */
  readonly label: string;
  /** Whether the file names its columns. */
  readonly header: boolean;
}

/** The options of the command line about CSV files. */
export interface TableOptions {
  /** The column of the classes; by default that of the training, or else `label`. */
  readonly label?: string;
  /** Whether CSV files name their columns; by default they do. */
  readonly header?: boolean;
}

/**
 * Returns the entry `table` of a weights file's metadata; no entry if the training data were no
 * table.
 */
export function tableMetadata(
  { columns }: Dataset,
  { label = 'label', header = true }: TableOptions,
): Readonly<Record<string, string>> {
  return columns === undefined ? {} : { table: JSON.stringify({ columns, label, header }) };
}

/** The schema of the entry `table`. */
export const TRAINING_TABLE = object({
  columns: v.pipe(v.array(text()), v.minLength(1, 'names'), v.maxLength(1e5, 'at most 10^5 names')),
  label: text(),
  header: v.boolean(),
}) satisfies v.GenericSchema<unknown, TrainingTable>;

/**
 * Returns the options of `loadCsv`. An option that the command line leaves open is the one with
 * which the weights were trained.
 */
export function csvOptions(options: TableOptions, training?: TrainingTable): CsvOptions {
  const label = options.label ?? training?.label;
  const header = options.header === false ? false : (training?.header ?? true);
  return {
    header,
    ...(label !== undefined && { labelColumn: label }),
    ...(training && { columns: training.columns }),
  };
}

/**
 * Refuses a table for weights that were trained on images, or on other columns. Images for weights
 * that were trained on a table are refused where the data are opened.
 *
 * @param file the weights file.
 * @param training the table of the training; undefined if it had none or the file does not say.
 * @param pixels whether the training data were images.
 */
export function checkTable(
  file: string,
  training: TrainingTable | undefined,
  pixels: boolean,
  columns: readonly string[],
): void {
  const wanted = training?.columns;
  if (wanted === undefined && !pixels) return;
  if (wanted?.length === columns.length && wanted.every((name, k) => name === columns[k])) return;
  const [expected, got] = [wanted, columns].map((names) =>
    names === undefined ? 'images' : `a table with the columns ${show(names)}`,
  );
  throw new InputError(`${file}: expected ${expected}, as in its training, got ${got}`);
}
