import { InputError } from '../lib/errors.ts';
import { checkUtf8 } from '../lib/files/readFile.ts';
import { readRegularFile } from '../lib/files/regularFile.ts';
import { csvLayout, type TargetColumns } from './csvHeader.ts';
import { CsvRows } from './csvRows.ts';
import { cleanCell, findDelimiter, firstRow, parseCsv } from './parseCsv.ts';

/** The options of `readRows`, which are those of `loadCsv`. */
export interface RowsOptions {
  readonly header?: boolean;
  readonly columns?: readonly string[];
  readonly scale?: number;
}

/**
 * Reads the rows of a CSV file.
 *
 * Errors: those of `loadCsv` about the file, its columns and its cells; a file without examples.
 * @param targets the columns of the targets: the one of the labels, or those of numbers.
 * @param numbers whether the targets are numbers.
 */
export async function readRows(
  file: string,
  targets: TargetColumns,
  { header = true, columns, scale = 1 }: RowsOptions,
  numbers = false,
): Promise<{ rows: CsvRows; columns: readonly string[] }> {
  const bytes = checkUtf8(file, await readRegularFile(file));
  const delimiter = findDelimiter(file, bytes, header ? targets.names[0] : undefined);
  const first = firstRow(bytes, delimiter);
  if (first.length === 0) {
    throw new InputError(`${file}: expected a line with the names of the columns, got none`);
  }
  const names = header ? first : first.map((_, at) => String(at + 1));
  const layout = csvLayout(file, names, targets, columns?.map(cleanCell));
  const rows = new CsvRows({ file, header, names, layout, scale, numbers });
  let skip = header;
  parseCsv(file, bytes, delimiter, (cells, line) => {
    if (!skip) rows.add(cells, line);
    skip = false;
  });
  if (rows.length === 0) throw new InputError(`${file}: expected at least one example, got none`);
  return { rows, columns: layout.columns };
}
