import type { Dataset } from '../data/dataset.ts';
import type { TrainingData } from '../train/trainer.ts';
import { logBackend } from './process.ts';

/** The parts of a dataset. */
export interface OpenedData<D extends TrainingData = Dataset> {
  /** The training examples. */
  readonly train: D;
  /** The test examples. If the data has none, these are the training examples. */
  readonly test: D;
  /** The validation examples, if the data has some in addition to the test examples. */
  readonly validation?: D;
  /**
   * Lines for the user, which report the files that were skipped and the decisions that were made.
   */
  readonly notes: readonly string[];
  /** Whether the examples are images in folders that were resized. */
  readonly isResized?: boolean;
}

/**
 * Prints the notes to standard error, one line each, so that the user knows what was skipped.
 *
 * @param told the notes that were printed before, which are not printed again; those of this call
 *   are added. A command that opens the same data for several networks passes it.
 */
export function reportNotes(
  { notes }: Pick<OpenedData, 'notes'>,
  told: Set<string> = new Set(),
): void {
  for (const note of notes) {
    if (!told.has(note)) logBackend(`boxprop: ${note}`);
    told.add(note);
  }
}

/**
 * Returns the test examples. If the data has none, it returns the training examples and prints a
 * line about this to standard error.
 */
export function testExamples<D extends TrainingData>({
  train,
  test,
}: Pick<OpenedData<D>, 'train' | 'test'>): D {
  if (test === train) {
    const { name, length } = train;
    logBackend(`boxprop: ${name}: there are no test examples apart, so all ${length} are used`);
  }
  return test;
}
