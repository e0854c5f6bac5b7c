import * as v from 'valibot';
import type { CsvOptions } from '../data/csv.ts';
import { InputError, show } from '../lib/errors.ts';
import { object, text } from '../lib/schema.ts';
import type { TargetOptions } from './targets.ts';

/**
 * The form of the CSV file on which a network was trained. It is an entry of the metadata of the
 * weights.
 */
export interface TrainingTable {
  /** The names of the input columns, in the order of the inputs. */
  readonly columns: readonly string[];
  /** The name of the column with the classes; undefined if the targets are other columns. */
  readonly label?: string;
  /** Whether the first line of the file names the columns. */
  readonly header: boolean;
}

/** The command-line options for CSV files. */
export interface TableOptions {
  /**
   * The name of the column with the classes; by default that of the training data, or else `label`.
   */
  readonly label?: string;
  /** Whether the first line of CSV files names the columns; true by default. */
  readonly header?: boolean;
}

/**
 * Returns the entry `table` of a weights file's metadata. There is no entry if the training data
 * was not a table.
 */
export function tableMetadata(
  { columns }: { readonly columns?: readonly string[] | undefined },
  {
    target,
    label = target === undefined ? 'label' : undefined,
    header = true,
  }: TableOptions & Pick<TargetOptions, 'target'>,
): Readonly<Record<string, string>> {
  return columns === undefined ? {} : { table: JSON.stringify({ columns, label, header }) };
}

/** The schema of the entry `table`. */
export const TRAINING_TABLE = object({
  columns: v.pipe(v.array(text()), v.minLength(1, 'names'), v.maxLength(1e5, 'at most 10^5 names')),
  label: v.exactOptional(text()),
  header: v.boolean(),
}) satisfies v.GenericSchema<unknown, TrainingTable>;

/**
 * Returns the options for `loadCsv`. If an option is not given on the command line, the one with
 * which the weights were trained is used.
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
 * Throws if the data is a table but the weights were trained on images, or on other columns. The
 * opposite case, images for weights that were trained on a table, is checked where the data is
 * opened.
 *
 * @param file the weights file.
 * @param training the table on which the weights were trained; undefined if the training data was
 *   not a table, or if the file does not state it.
 * @param pixels whether the training data was images.
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
