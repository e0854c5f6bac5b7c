import { checkOptions } from '../lib/check.ts';
import { InputError } from '../lib/errors.ts';
import { classesOf } from './csvClasses.ts';
import { ArrayDataset } from './dataset.ts';
import { cleanCell } from './parseCsv.ts';
import { readRows } from './readRows.ts';

/** The options of `loadCsv`. */
export interface CsvOptions {
  /** The name of the column with the class of each example; `label` by default. */
  readonly labelColumn?: string;
  /**
   * Whether the first line names the columns; true by default. If not, the columns are named `1`,
   * `2` and so on, and `labelColumn` is required.
   */
  readonly header?: boolean;
  /**
   * The names of the input columns, in the order of the inputs. For a test file, pass those of the
   * training file. By default, these are all columns except the label's, in the order of the file.
   */
  readonly columns?: readonly string[];
  /**
   * The shape of one input. By default it is `[1, 1, columns]`, so each column of the inputs is a
   * channel.
   */
  readonly inputShape?: readonly number[];
  /**
   * The names of the classes, in the order of their labels; by default the classes in the file,
   * sorted.
   */
  readonly classNames?: readonly string[];
  /** The factor by which the inputs are multiplied; 1 by default. */
  readonly scale?: number;
}

/**
 * Reads a dataset from a CSV file (RFC 4180) in UTF-8, separated by commas, semicolons or tabs. By
 * default, the first line names the columns, and each further line is an example, with a class in
 * the column `label` and a decimal number in every other column. If all classes are integers, they
 * are sorted as numbers. Spaces around names and classes are ignored.
 *
 * Errors (the message states the line if there is one): a file that cannot be read or parsed, or
 *         that is not UTF-8; a missing, repeated or nameless column; columns that differ from
 *         `columns`; a line with too many or too few cells; a cell that is not a finite number; an
 *         empty label; labels that look like measurements; an unknown class; an unknown option.
 *
 *     const train = await loadCsv('train.csv', { labelColumn: 'species' });
 *     train.inputShape; // [1, 1, 4]
 *     const { columns = [], classNames = [] } = train;
 *     const test = await loadCsv('test.csv', { labelColumn: 'species', columns, classNames });
 */
export async function loadCsv(file: string, options: CsvOptions = {}): Promise<ArrayDataset> {
  checkOptions('loadCsv', options, [
    'labelColumn',
    'header',
    'columns',
    'inputShape',
    'classNames',
    'scale',
  ]);
  const { inputShape, scale = 1 } = options;
  const label = cleanCell(options.labelColumn ?? 'label');
  if (options.header === false && options.labelColumn === undefined) {
    throw new InputError(
      `${file}: expected --label (labelColumn) with --no-header (header: false), such as 5 if the fifth column holds the classes, got none`,
    );
  }
  const target = { names: [label], content: 'the classes', option: '--label' };
  const { rows, columns } = await readRows(file, target, options);
  const classNames = options.classNames ?? classesOf(file, label, rows.labels);
  return new ArrayDataset({
    name: file,
    inputs: rows.inputs(),
    inputShape: inputShape ?? [1, 1, columns.length],
    labels: rows.labelsAs(classNames),
    scale,
    classes: classNames.length,
    classNames,
    columns,
    notes: rows.notes,
  });
}
