import { tensor, tensor1d } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { InputError, show } from '../lib/errors.ts';
import type { Rng } from '../lib/rng.ts';
import type { IdxData } from './idx.ts';

export { batches, shuffledBatches } from './batches.ts';

/** Some records of a dataset. The caller disposes both tensors. */
export interface Batch {
  /** float32, `[records, ...inputShape]`. */
  readonly input: Tensor;
  /** int32, `[records]`, each from 0 to classes - 1. */
  readonly labels: Tensor1D;
}

/** Labelled records, all of the same shape. */
export interface Dataset {
  readonly name: string;
  /** The number of records. */
  readonly length: number;
  /** The shape of one input: `[height, width, channels]` for an image. */
  readonly inputShape: readonly number[];
  readonly classes: number;
  /** What the labels are called, where they have names. */
  readonly classNames?: readonly string[];
  /**
   * The records at `indices`, in that order.
   *
   * @param rng given in training: what augments the records draws from it, the same for the same state. Without it
   *   records are as they are.
   */
  batch(indices: Int32Array, rng?: Rng): Batch | Promise<Batch>;
}

/** What a dataset is besides its records: what one that is made out of it starts from. */
export function datasetInfo({
  name,
  length,
  inputShape,
  classes,
  classNames,
}: Dataset): Omit<Dataset, 'batch'> {
  return { name, length, inputShape, classes, ...(classNames && { classNames }) };
}

export interface ArrayDatasetOptions {
  /** What errors call the dataset. */
  name: string;
  /** All inputs, record after record. Kept as they are: bytes stay bytes until a batch is made of them. */
  inputs: IdxData;
  inputShape: readonly number[];
  /** One label a record, an integer from 0 to classes - 1. */
  labels: ArrayLike<number>;
  classes: number;
  /** One a class. */
  classNames?: readonly string[];
  /** What a batch multiplies inputs by: 1/255 for `Uint8Array`, so that pixels are in [0, 1]; else 1. */
  scale?: number;
}

/**
 * A dataset in memory. All of it is checked once, here, so that a batch cannot bring bad data to the network.
 *
 * Errors: `mnist train: record 7: expected a label from 0 to 9, got 12`; likewise for inputs that are not finite in
 * single precision, for no records, and for as many labels as there are not inputs.
 */
export class ArrayDataset implements Dataset {
  readonly name: string;
  readonly length: number;
  readonly inputShape: readonly number[];
  readonly classes: number;
  readonly classNames?: readonly string[];
  readonly inputs: IdxData;
  readonly labels: Int32Array;
  readonly scale: number;

  constructor({
    name,
    inputs,
    inputShape,
    labels,
    classes,
    classNames,
    scale,
  }: ArrayDatasetOptions) {
    this.name = name;
    this.length = labels.length;
    this.inputShape = [...inputShape];
    this.classes = classes;
    if (classNames !== undefined) this.classNames = [...classNames];
    this.inputs = inputs;
    this.scale = scale ?? (inputs instanceof Uint8Array ? 1 / 255 : 1);
    this.#checkSizes();
    this.#checkInputs();
    this.#checkLabels(labels);
    this.labels = Int32Array.from(labels);
  }

  /** Errors: no indices, or an index that is not that of a record. */
  batch(indices: Int32Array): Batch {
    if (indices.length === 0) throw this.#error('batch: expected at least one index, got none');
    const { inputs, scale } = this;
    const size = this.#inputSize();
    const input = new Float32Array(indices.length * size);
    const labels = new Int32Array(indices.length);
    for (let i = 0; i < indices.length; i++) {
      const record = indices[i];
      if (!(record >= 0 && record < this.length)) {
        throw this.#error(`batch: expected an index from 0 to ${this.length - 1}, got ${record}`);
      }
      for (let j = 0; j < size; j++) input[i * size + j] = inputs[record * size + j] * scale;
      labels[i] = this.labels[record];
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
    if (!(Number.isFinite(scale) && scale > 0)) {
      throw this.#error(`expected a finite scale above 0, got ${show(scale)}`);
    }
    if (length === 0 && inputs.length === 0)
      throw this.#error('expected at least one record, got none');
    const count = inputs.length / this.#inputSize();
    if (!Number.isInteger(count)) {
      const record = Math.floor(count);
      const got = inputs.length - record * this.#inputSize();
      throw this.#error(
        `record ${record}: expected ${this.#inputSize()} values for shape ${show(inputShape)}, got ${got}`,
      );
    }
    if (count !== length) {
      throw this.#error(
        `record ${Math.min(count, length)}: expected an input and a label for each record, ` +
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
    const record = Math.floor(bad / this.#inputSize());
    throw this.#error(
      `record ${record}: expected inputs that are finite in single precision, got ${this.inputs[bad]}`,
    );
  }

  #checkLabels(labels: ArrayLike<number>): void {
    for (let record = 0; record < labels.length; record++) {
      const label = labels[record];
      if (Number.isInteger(label) && label >= 0 && label < this.classes) continue;
      throw this.#error(
        `record ${record}: expected a label from 0 to ${this.classes - 1}, got ${show(label)}`,
      );
    }
  }

  #error(problem: string): InputError {
    return new InputError(`${this.name}: ${problem}`);
  }
}
