import { tensor, type Tensor, tensor1d, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Share } from '../lib/group.ts';
import type { Rng } from '../lib/rng.ts';
import type { IdxData } from './idx.ts';
import { checkNamesDiffer } from './namesDiffer.ts';

/** Some examples of a dataset. The caller owns the tensors. */
export interface Batch {
  /** The inputs, float32 of shape `[examples, ...inputShape]`. */
  readonly input: Tensor;
  /** The labels, int32 of shape `[examples]`, each from 0 to classes − 1. */
  readonly labels: Tensor1D;
  /**
   * The target probabilities of a batch of mixed examples, float32 of shape `[examples, classes]`.
   * The label of such an example is the class with the largest part. Without it, the labels are the
   * target.
   */
  readonly target?: Tensor2D;
}

/**
 * Labelled examples, all of the same shape. Any object with these members is a dataset.
 *
 *     const dataset: Dataset = new ArrayDataset({ name, inputs, inputShape, labels, classes });
 *     const { input, labels } = await dataset.batch(Int32Array.of(0, 1, 2));
 */
export interface Dataset {
  /** The name of the dataset, for messages. */
  readonly name: string;
  /** The number of examples. */
  readonly length: number;
  /** The shape of one input: `[height, width, channels]` for an image. */
  readonly inputShape: readonly number[];
  /** The number of classes. */
  readonly classes: number;
  /** The names of the classes, in the order of their labels. */
  readonly classNames?: readonly string[];
  /**
   * The names of a table's input columns, in the order of the inputs' elements, before
   * preprocessing.
   */
  readonly columns?: readonly string[];
  /** The label of each example, if the labels are known without reading the inputs. */
  readonly labels?: ArrayLike<number>;
  /**
   * The decisions of the function that read the data, one line each. An example is a line about
   * files that were skipped because they are not images.
   */
  readonly notes?: readonly string[];
  /**
   * Returns the examples at `indices`, in that order.
   *
   * @param rng the generator for augmentations, passed only in training. A generator in the same
   *   state gives the same batch. Without it, the examples are not augmented.
   * @param share the place of the examples in a batch whose other examples other processes read.
   *   They then draw the same random numbers as one process that reads the whole batch.
   */
  batch(indices: Int32Array, rng?: Rng, share?: Share): Batch | Promise<Batch>;
}

/**
 * Returns all properties of a dataset except its examples. They are used for a dataset that is
 * derived from it.
 */
export function datasetInfo({
  name,
  length,
  inputShape,
  classes,
  classNames,
  columns,
  labels,
}: Dataset): Omit<Dataset, 'batch'> {
  return {
    name,
    length,
    inputShape,
    classes,
    ...(classNames && { classNames }),
    ...(columns && { columns }),
    ...(labels && { labels }),
  };
}

/** The options of `ArrayDataset`. */
export interface ArrayDatasetOptions {
  /** The name of the dataset, for messages. */
  readonly name: string;
  /**
   * All inputs, example by example. They are not copied, and bytes are converted to floats only
   * when they are put into a batch.
   */
  readonly inputs: IdxData;
  /** The shape of one input: `[height, width, channels]` for an image. */
  readonly inputShape: readonly number[];
  /** One label per example, an integer from 0 to classes − 1. */
  readonly labels: ArrayLike<number>;
  /** The number of classes. */
  readonly classes: number;
  /** One name per class. */
  readonly classNames?: readonly string[];
  /** The names of a table's input columns, one per element of an input. */
  readonly columns?: readonly string[];
  /** The decisions of the function that read the data, one line each. */
  readonly notes?: readonly string[];
  /**
   * The factor by which the inputs are multiplied. By default it is 1/255 for a `Uint8Array`, so
   * that pixels lie in [0, 1], and otherwise 1.
   */
  readonly scale?: number;
}

/**
 * A dataset in memory. The constructor checks all data, so that no batch contains invalid data.
 *
 * Errors: a label that is not a class; inputs that are not finite in single precision; no examples;
 *         unequal numbers of inputs and labels; class names that look alike; an unknown option.
 *
 *     const [inputs, labels] = [Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), [0, 1, 1, 0]];
 *     const xor = new ArrayDataset({ name: 'xor', inputs, inputShape: [2], labels, classes: 2 });
 */
export class ArrayDataset implements Dataset {
  readonly name: string;
  readonly length: number;
  readonly inputShape: readonly number[];
  readonly classes: number;
  readonly classNames?: readonly string[];
  readonly columns?: readonly string[];
  readonly notes?: readonly string[];
  /** All inputs, example by example, before they are scaled. */
  readonly inputs: IdxData;
  /** All labels. */
  readonly labels: Int32Array;
  /** The factor by which the inputs are multiplied. */
  readonly scale: number;

  constructor(options: ArrayDatasetOptions) {
    checkOptions(this, options, [
      'name',
      'inputs',
      'inputShape',
      'labels',
      'classes',
      'classNames',
      'columns',
      'notes',
      'scale',
    ]);
    const { name, inputs, inputShape, labels, classes, classNames, columns, notes, scale } =
      options;
    this.name = name;
    this.length = labels.length;
    this.inputShape = [...inputShape];
    this.classes = classes;
    if (classNames !== undefined) this.classNames = [...classNames];
    if (columns !== undefined) this.columns = [...columns];
    if (notes !== undefined && notes.length > 0) this.notes = [...notes];
    this.inputs = inputs;
    this.scale = scale ?? (inputs instanceof Uint8Array ? 1 / 255 : 1);
    this.#checkSizes();
    this.#checkInputs();
    this.#checkLabels(labels);
    this.labels = Int32Array.from(labels);
  }

  /** Returns a batch. Throws if there are no indices, or if an index is not that of an example. */
  batch(indices: Int32Array): Batch {
    if (indices.length === 0) throw this.#error('batch: expected at least one index, got none');
    const { inputs, scale } = this;
    const size = this.#inputSize();
    const input = new Float32Array(indices.length * size);
    const labels = new Int32Array(indices.length);
    for (let i = 0; i < indices.length; i++) {
      const example = indices[i];
      if (!(example >= 0 && example < this.length)) {
        throw this.#error(`batch: expected an index from 0 to ${this.length - 1}, got ${example}`);
      }
      for (let j = 0; j < size; j++) input[i * size + j] = inputs[example * size + j] * scale;
      labels[i] = this.labels[example];
    }
    return {
      input: tensor(input, [indices.length, ...this.inputShape], 'float32'),
      labels: tensor1d(labels, 'int32'),
    };
  }

  #inputSize(): number {
    return this.inputShape.reduce((product, size) => product * size, 1);
  }

  #checkSizes(): void {
    const { inputShape, classes, scale, length, inputs } = this;
    if (!inputShape.every((size) => Number.isSafeInteger(size) && size >= 1)) {
      throw this.#error(
        `expected an input shape of integers of at least 1, got ${show(inputShape)}`,
      );
    }
    if (!Number.isSafeInteger(classes) || classes < 1) {
      throw this.#error(
        `expected a number of classes that is an integer of at least 1, got ${show(classes)}`,
      );
    }
    if (this.classNames !== undefined && this.classNames.length !== classes) {
      throw this.#error(`expected ${classes} names of classes, got ${this.classNames.length}`);
    }
    checkNamesDiffer(this.name, this.classNames ?? []);
    if (this.columns !== undefined && this.columns.length !== this.#inputSize()) {
      throw this.#error(
        `expected ${this.#inputSize()} columns for shape ${show(inputShape)}, got ${this.columns.length}`,
      );
    }
    if (!(Number.isFinite(scale) && scale > 0)) {
      throw this.#error(`expected a finite scale above 0, got ${show(scale)}`);
    }
    if (length === 0 && inputs.length === 0)
      throw this.#error('expected at least one example, got none');
    const count = inputs.length / this.#inputSize();
    if (!Number.isInteger(count)) {
      const example = Math.floor(count);
      const got = inputs.length - example * this.#inputSize();
      throw this.#error(
        `example ${example}: expected ${this.#inputSize()} values for shape ${show(inputShape)}, got ${got}`,
      );
    }
    if (count !== length) {
      throw this.#error(
        `example ${Math.min(count, length)}: expected an input and a label for each example, ` +
          `got ${count} inputs and ${length} labels`,
      );
    }
  }

  #checkInputs(): void {
    if (!(this.inputs instanceof Float32Array || this.inputs instanceof Float64Array)) return;
    const bad = this.inputs.findIndex(
      (value: number) => !Number.isFinite(Math.fround(value * this.scale)),
    );
    if (bad < 0) return;
    const example = Math.floor(bad / this.#inputSize());
    throw this.#error(
      `example ${example}: expected inputs that are finite in single precision, got ${this.inputs[bad]}`,
    );
  }

  #checkLabels(labels: ArrayLike<number>): void {
    for (let example = 0; example < labels.length; example++) {
      const label = labels[example];
      if (Number.isInteger(label) && label >= 0 && label < this.classes) continue;
      throw this.#error(
        `example ${example}: expected a label from 0 to ${this.classes - 1}, got ${show(label)}`,
      );
    }
  }

  #error(problem: string): InputError {
    return new InputError(`${this.name}: ${problem}`);
  }
}
