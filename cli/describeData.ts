import type { Dataset } from '../data/dataset.ts';
import { countClasses } from '../data/labels.ts';
import type { ImageResize } from '../data/preprocess.ts';
import { InputError, show } from '../lib/errors.ts';
import { oneLine, shorten } from '../lib/oneLine.ts';

/** The largest number of class names that are listed. */
const LISTED = 12;

/**
 * Describes the data of a run with one line per part. A line has the number of examples of each
 * class, so that the user can check that everything was read and how it was interpreted:
 *
 *     training: 96 examples of 3 classes (aster: 32, iris: 32, rose: 32); columns size, bend
 *     test: 60 examples of 3 classes (aster: 20, iris: 20, rose: 20)
 */
export function describeData(parts: {
  readonly train: Dataset;
  readonly validation?: Dataset;
  readonly test: Dataset;
  /** How images were resized, if the data is images in folders. */
  readonly resized?: string | undefined;
}): string[] {
  const { train, validation, test, resized } = parts;
  const columns = train.columns === undefined ? '' : `; columns ${listNames(train.columns)}`;
  const images = resized === undefined ? '' : `; ${resized}`;
  return [
    `training: ${describePart(train)}${columns}${images}`,
    ...(validation === undefined ? [] : [`validation: ${describePart(validation)}`]),
    ...(validation === test ? [] : [`test: ${describePart(test)}`]),
  ];
}

/**
 * Throws if all training examples have the same class, because an untrained network could then be
 * right for all of them.
 */
export function requireClasses({ name, length, classes, classNames, labels }: Dataset): void {
  const present = labels && countClasses(labels, classes).flatMap((n, k) => (n > 0 ? [k] : []));
  if (classes > 1 && (present === undefined || present.length > 1)) return;
  const only = classNames?.[present?.[0] ?? 0];
  const got = only === undefined ? 'one' : `only ${show(only)}`;
  throw new InputError(
    `${name}: expected training examples of two classes or more, got ${got} in ${length} examples`,
  );
}

/** Says how images in folders became inputs of a shape. */
export function resizeWords(
  [height, width]: readonly number[],
  { shorterSide, interpolation = 'bilinear' }: ImageResize = {},
): string {
  const filter = interpolation === 'bilinear' ? '' : ` (${interpolation})`;
  if (shorterSide === undefined)
    return `images resized to ${height}x${width}${filter}, whatever their proportions`;
  return `images resized to a shorter side of ${shorterSide}${filter}, and the middle ${height}x${width} cut out`;
}

function describePart({ length, classes, classNames, labels }: Dataset): string {
  const examples = `${length} example${length === 1 ? '' : 's'} of ${classes} classes`;
  if (labels === undefined) return examples;
  const counts = countClasses(labels, classes);
  const each = counts.map((count, k) => `${shortName(classNames?.[k] ?? String(k))}: ${count}`);
  if (classes <= LISTED) return `${examples} (${each.join(', ')})`;
  return `${examples} (${Math.min(...counts)} to ${Math.max(...counts)} of each)`;
}

/** Lists names, at most twelve. */
export function listNames(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).map(shortName).join(', ');
  return names.length > LISTED ? `${shown}, ... (${names.length})` : shown;
}

/** Shortens a name, and puts it on one line. */
export function shortName(name: string): string {
  return oneLine(shorten(name, 40));
}
