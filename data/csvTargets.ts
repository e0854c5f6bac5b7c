import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import type { CsvOptions } from './csv.ts';
import { cleanCell } from './parseCsv.ts';
import { readRows } from './readRows.ts';
import { ArrayTargetDataset, type TargetInfo } from './targets.ts';

/** The options of `loadCsvTargets`. Those that it shares with `loadCsv` mean the same. */
export interface CsvTargetsOptions extends Pick<
  CsvOptions,
  'header' | 'columns' | 'inputShape' | 'scale'
> {
  /** The names of the columns with the targets. */
  readonly targetColumns: readonly string[];
  /** The meaning of the targets: numbers to predict, or a yes (1) or no (0) each. */
  readonly kind?: Exclude<TargetInfo['kind'], 'labels'>;
}

/** The examples of a CSV file with columns of targets. */
export interface CsvTargets {
  /** The examples. A target has the shape `[targetColumns.length]`. */
  readonly dataset: ArrayTargetDataset;
  /** The names of the input columns, in the order of the inputs. */
  readonly columns: readonly string[];
  /** Lines about numbers that single precision cannot hold. */
  readonly notes: readonly string[];
}

/**
 * Reads a dataset from a CSV file of numbers, in which some columns are the targets of the others:
 * the prices of houses, or several labels of one example. The file is read as `loadCsv` reads it.
 *
 * Errors: no target column, or one that is named twice; those of `loadCsv` about the file, its
 *         columns and its cells; answers outside 0 ... 1.
 *
 *     const { dataset } = await loadCsvTargets('houses.csv', { targetColumns: ['price'] });
 *     dataset.target; // { kind: 'numbers', shape: [1] }
 */
export async function loadCsvTargets(
  file: string,
  options: CsvTargetsOptions,
): Promise<CsvTargets> {
  checkOptions('loadCsvTargets', options, [
    'targetColumns',
    'kind',
    'header',
    'columns',
    'inputShape',
    'scale',
  ]);
  const { kind = 'numbers', inputShape, scale = 1 } = options;
  const names = options.targetColumns.map(cleanCell);
  if (names.length === 0 || new Set(names).size < names.length) {
    throw new InputError(
      `${file}: expected different target columns (--target), got ${show(names)}`,
    );
  }
  const target = { names, content: 'targets', option: '--target' };
  const { rows, columns } = await readRows(file, target, options, true);
  const dataset = new ArrayTargetDataset({
    name: file,
    inputs: rows.inputs(),
    inputShape: inputShape ?? [1, 1, columns.length],
    targets: rows.targets,
    target: { kind, shape: [names.length] },
    scale,
  });
  return { dataset, columns, notes: rows.notes };
}
