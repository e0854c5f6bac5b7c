import { SkippedEntries } from '../data/skippedEntries.ts';
import { InputError, show } from '../lib/errors.ts';
import type { TrainingData } from '../train/trainer.ts';
import type { OpenedData } from './openedData.ts';

/** The possible names of the validation examples. */
const VALIDATION = ['val', 'valid', 'validation'];

/** Matches names that are typical for parts of a dataset, and not for classes. */
const PART = /^(train(ing|_set)?|test(ing|_set)?|val(id(ation)?)?)$/i;

/** Returns whether a name is typical for a part of a dataset, and not for a class. */
export function namesPart(name: string): boolean {
  return PART.test(name);
}

/**
 * The entries of a folder that contain the other parts of a dataset, apart from the training
 * examples.
 */
export interface PartNames {
  /** The name of the test examples, or undefined if there are none. */
  readonly test: string | undefined;
  /** The name of the validation examples, or undefined if there are none. */
  readonly validation: string | undefined;
  /** One line about the entries that are not read. The list is empty if there are none. */
  readonly notes: readonly string[];
}

/**
 * Finds the parts of a dataset among the entries of a folder: `test`, and one of `val`, `valid` and
 * `validation`, each with this ending.
 *
 * Errors: two entries for validation examples; a similar name, such as `Test`, which would not be
 *          read.
 * @param names the entries of the folder.
 * @param ending the end of the names: `.csv`, or `''` for folders.
 */
export function partNames(directory: string, names: readonly string[], ending: string): PartNames {
  const [train, test] = ['train', 'test'].map((name) => name + ending);
  const held = VALIDATION.map((name) => name + ending).filter((name) => names.includes(name));
  if (held.length > 1) {
    throw new InputError(
      `${directory}: expected validation examples once, got ${held.map(show).join(', ')}`,
    );
  }
  const others = names.filter((name) => ![train, test, ...held].includes(name));
  const similar = others.find((name) => name.endsWith(ending) && namesPart(stem(name, ending)));
  if (similar !== undefined) {
    throw new InputError(
      `${directory}: expected parts named ${train}, ${test} and ${VALIDATION[0]}${ending}, ` +
        `got ${show(similar)}: rename it`,
    );
  }
  const skipped = new SkippedEntries();
  skipped.add('beside the parts', ...others.filter((name) => !isHidden(name)));
  return {
    test: names.includes(test) ? test : undefined,
    validation: held[0],
    notes: skipped.count > 0 ? [`${directory}: skipped ${skipped.text()}`] : [],
  };
}

/**
 * Opens the parts that `partNames` has found. If there are no test examples, the validation
 * examples are used as test examples, and if there are none either, the training examples.
 *
 * @param lacking the name for the missing test examples in a note, such as `folder test`.
 * @param load opens a part by its name.
 */
export async function openParts<D extends TrainingData, T extends D = D>(
  train: T,
  { test, validation, notes }: PartNames,
  { directory, lacking }: { readonly directory: string; readonly lacking: string },
  load: (name: string) => Promise<D>,
): Promise<OpenedData<D> & { readonly train: T }> {
  const held = validation === undefined ? undefined : await load(validation);
  if (test !== undefined)
    return { train, test: await load(test), ...(held && { validation: held }), notes };
  if (held === undefined) return { train, test: train, notes };
  const note = `${directory}: there is no ${lacking}, so the examples of ${validation} are the test examples`;
  return { train, test: held, notes: [...notes, note] };
}

function stem(name: string, ending: string): string {
  return name.slice(0, name.length - ending.length);
}

function isHidden(name: string): boolean {
  return name.startsWith('.') || SkippedEntries.ofSystem(name);
}
