import { CsvError, parse } from 'csv-parse/sync';
import { InputError, show } from '../lib/errors.ts';

/** The separators among which `findDelimiter` chooses. */
const DELIMITERS = [',', ';', '\t'] as const;

/** The character that separates two cells. */
export type Delimiter = (typeof DELIMITERS)[number];

/**
 * Parses CSV (RFC 4180) row by row, so that the memory that is needed does not depend on the size
 * of the file. Empty lines are skipped.
 *
 * Errors: quotes that do not match. The message states the line; for a quote that is never closed,
 *          this is the line of the quote.
 * @param onRow gets the cells of a row and the number of its line, counted from 1. If a cell
 *   contains line breaks, this is the last line of the row.
 */
export function parseCsv(
  file: string,
  bytes: Uint8Array,
  delimiter: Delimiter,
  onRow: (cells: readonly string[], line: number) => void,
): void {
  try {
    parse(bytes, {
      delimiter,
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (cells: string[], { lines }) => {
        onRow(cells, lines);
        // If this function returns null, the parser does not keep the row in memory.
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // For a quote that is never closed, the parser's error names the last line of the file.
    const problem =
      error.code === 'CSV_QUOTE_NOT_CLOSED'
        ? `line ${lineOfOpenQuote(bytes)}: expected a closing quote, found the end of the file`
        : error.message;
    throw new InputError(`${file}: ${problem}`, { cause: error });
  }
}

const [QUOTE, CR, LF] = [...'"\r\n'].map((character) => character.charCodeAt(0));

/** Returns the line, counted from 1, of the last quote that opens a cell. */
function lineOfOpenQuote(bytes: Uint8Array): number {
  let [line, opened, isInside] = [1, 1, false];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) line++;
    if (byte !== QUOTE) continue;
    // Inside a cell, two quotes stand for one quote in its text.
    if (isInside && bytes[at + 1] === QUOTE) at++;
    else {
      isInside = !isInside;
      if (isInside) opened = line;
    }
  }
  return opened;
}

/**
 * Finds the separator of a file. It is the comma, semicolon or tab that occurs in the first line
 * and, if the first line names the columns, makes one of them `labelColumn`. If several separators
 * are possible, an error is thrown.
 *
 * Errors: a first line that can be read in two ways.
 * @returns the separator. If no separator gives a column of that name, it is the one that gives the
 *   most cells; the error about the missing column then lists those cells.
 */
export function findDelimiter(file: string, bytes: Uint8Array, labelColumn?: string): Delimiter {
  const rows = DELIMITERS.map((delimiter) => ({ delimiter, cells: firstRow(bytes, delimiter) }));
  const found = rows.filter(
    ({ cells }) => cells.length > 1 && (labelColumn === undefined || cells.includes(labelColumn)),
  );
  if (found.length > 1) {
    const got = found.map(({ delimiter }) => show(delimiter)).join(' and ');
    throw new InputError(
      `${file}: line 1: expected one separator, got ${got}; write the file with commas and quotes`,
    );
  }
  const [{ delimiter }] = [...found, ...rows.sort((a, b) => b.cells.length - a.cells.length)];
  return delimiter;
}

/**
 * Returns the cells of the first row, without spaces around them. The list is empty if the quotes
 * do not match.
 */
export function firstRow(bytes: Uint8Array, delimiter: Delimiter): string[] {
  try {
    const [row]: string[][] = parse(bytes, { delimiter, skip_empty_lines: true, to: 1 });
    return row?.map(cleanCell) ?? [];
  } catch (error) {
    if (error instanceof CsvError) return [];
    throw error;
  }
}

/**
 * Returns a name in the form in which names are compared: without spaces around it, and with each
 * accented letter as one character. In this form, two names that look the same are equal.
 */
export function cleanCell(text: string): string {
  return text.trim().normalize('NFC');
}
