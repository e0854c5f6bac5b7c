import { InputError, show } from '../lib/errors.ts';
import { listNames } from './csvHeader.ts';

/**
 * Up to this number of different labels, labels count as classes, even if each label has only one
 * or two examples.
 */
const FEW = 20;

/**
 * If there are more different labels than this, and not all of them are integers, the labels count
 * as measurements.
 */
const FEW_FRACTIONS = 10;

/**
 * Returns the classes in a column of labels, sorted; integers are sorted as numbers.
 *
 * Errors: labels that look like measurements or like names of the examples: more than 10 different
 *         numbers that are not all integers, or more than 20 different labels if that is more than
 *         half the number of examples; a number that is written in two ways.
 */
export function classesOf(
  file: string,
  column: string,
  labels: readonly string[],
): readonly string[] {
  const names = [...new Set(labels)];
  const areNumbers = names.every((name) => Number.isFinite(Number(name)));
  const areFractions = areNumbers && names.some((name) => !Number.isInteger(Number(name)));
  const areUnique = names.length > FEW && names.length > labels.length / 2;
  if (areUnique || (areFractions && names.length > FEW_FRACTIONS)) {
    throw new InputError(
      `${file}: expected classes in column ${show(column)}, got ${names.length} different labels ` +
        `in ${labels.length} examples, ${listNames(names.slice(0, 3))}, ...: these look like ` +
        `${areNumbers ? 'numbers to predict' : 'names of the examples'}, not classes`,
    );
  }
  if (areNumbers) checkNotation(file, column, names);
  const areIntegers = names.every((name) => /^\d+$/.test(name));
  return areIntegers ? names.sort((a, b) => Number(a) - Number(b)) : names.sort();
}

/**
 * Throws if a number is written in two ways, such as 1 and 1.0, or 1 and 01, because they would be
 * two classes.
 */
function checkNotation(file: string, column: string, names: readonly string[]): void {
  const known = new Map<number, string>();
  for (const name of names) {
    const other = known.get(Number(name));
    if (other !== undefined) {
      throw new InputError(
        `${file}: expected one notation for each class in column ${show(column)}, got ${show(other)} and ${show(name)}`,
      );
    }
    known.set(Number(name), name);
  }
}
