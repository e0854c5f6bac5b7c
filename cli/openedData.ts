import type { Dataset } from '../data/dataset.ts';
import { logBackend } from './process.ts';

/** The parts of a dataset. */
export interface OpenedData {
  /** The training examples. */
  readonly train: Dataset;
  /** The test examples. Where the data have none, these are the training examples. */
  readonly test: Dataset;
  /** The validation examples, where the data have some beside the test examples. */
  readonly validation?: Dataset;
  /** A line on each thing that was left out or decided, for the user. */
  readonly notes: readonly string[];
}

/**
 * Prints which files the readers of the data left out, and what they decided, one line each, to
 * standard error: nothing is left out silently.
 */
export function reportNotes({ notes }: Pick<OpenedData, 'notes'>): void {
  notes.forEach((note) => logBackend(`boxprop: ${note}`));
}

/**
 * Returns the test examples. Where the data have none, these are all examples, which is said on
 * standard error.
 */
export function testExamples({ train, test }: Pick<OpenedData, 'train' | 'test'>): Dataset {
  if (test === train) {
    const { name, length } = train;
    logBackend(`boxprop: ${name}: there are no test examples apart, so all ${length} are used`);
  }
  return test;
}
