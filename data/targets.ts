import { tensor, type Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import type { Share } from '../lib/group.ts';
import type { Rng } from '../lib/rng.ts';
import { numElements } from '../lib/shapes.ts';
import type { Dataset } from './dataset.ts';
import type { IdxData } from './idx.ts';

/** The targets of examples that do not have exactly one label. */
export interface TargetInfo {
  /**
   * The meaning of a target. `'numbers'`: values to predict, such as a price or an image.
   * `'answers'`: a yes (1) or no (0) per element, such as several labels of one photograph, or the
   * probability of a yes. `'labels'`: one class per position, such as the pixels of an image.
   */
  readonly kind: 'numbers' | 'answers' | 'labels';
  /** The shape of one target: `[]` for a number, `[height, width]` for a label per pixel. */
  readonly shape: readonly number[];
  /** The number of classes, for `'labels'` only. */
  readonly classes?: number;
  /** The label of positions that are not counted, for `'labels'` only. */
  readonly ignoreIndex?: number;
}

/** Some examples of a `TargetDataset`. The caller owns both tensors. */
export interface TargetBatch {
  /** The inputs, float32 of shape `[examples, ...inputShape]`. */
  readonly input: Tensor;
  /** The targets `[examples, ...target.shape]`, int32 for labels and float32 otherwise. */
  readonly target: Tensor;
}

/**
 * Examples with targets other than one label each: for a regression, several labels, or images. Any
 * object with these members is such a dataset. It has no `classes`, so that functions for
 * classifiers refuse it. `Trainer` and `evaluate` accept both.
 *
 *     const dataset: TargetDataset = new ArrayTargetDataset({ name, inputs, inputShape, targets,
 *       target: { kind: 'numbers', shape: [] } });
 *     const { input, target } = await dataset.batch(Int32Array.of(0, 1, 2));
 */
export interface TargetDataset {
  /** The name of the dataset, for messages. */
  readonly name: string;
  /** The number of examples. */
  readonly length: number;
  /** The shape of one input. */
  readonly inputShape: readonly number[];
  /** The meaning and the shape of a target. */
  readonly target: TargetInfo;
  /** Returns the examples at `indices`, in that order; the arguments are those of `Dataset`. */
  batch(indices: Int32Array, rng?: Rng, share?: Share): TargetBatch | Promise<TargetBatch>;
}

/** Returns whether the examples of a dataset have other targets than one label each. */
export function hasTargets(dataset: Dataset | TargetDataset): dataset is TargetDataset {
  return 'target' in dataset;
}

/** The options of `ArrayTargetDataset`. */
export interface ArrayTargetDatasetOptions {
  /** The name of the dataset, for messages. */
  readonly name: string;
  /** All inputs, example by example. They are not copied. */
  readonly inputs: IdxData;
  /** The shape of one input. */
  readonly inputShape: readonly number[];
  /** All targets, example by example. They are copied unless they are a typed array. */
  readonly targets: ArrayLike<number>;
  /** The meaning and the shape of a target. */
  readonly target: TargetInfo;
  /** The factor of the inputs; by default 1/255 for a `Uint8Array`, and otherwise 1. */
  readonly scale?: number;
}

/**
 * A dataset in memory with targets other than one label per example. The constructor checks all
 * data.
 *
 * Errors: no examples; unequal numbers of inputs and targets; inputs or targets that are not finite
 *         in single precision; answers outside 0 ... 1; labels that are neither a class nor the
 *         `ignoreIndex`; `classes` without labels, or labels without `classes`; an unknown option.
 *
 *     const target = { kind: 'numbers', shape: [] } as const;
 *     const [inputs, targets] = [Float32Array.of(0, 1, 2), [1, 3, 5]];
 *     const data = { name: 'line', inputs, inputShape: [1], targets };
 *     const line = new ArrayTargetDataset({ ...data, target });
 */
export class ArrayTargetDataset implements TargetDataset {
  readonly name: string;
  readonly length: number;
  readonly inputShape: readonly number[];
  readonly target: TargetInfo;
  readonly #inputs: IdxData;
  readonly #targets: ArrayLike<number>;
  readonly #scale: number;

  constructor(options: ArrayTargetDatasetOptions) {
    const known = ['name', 'inputs', 'inputShape', 'targets', 'target', 'scale'] as const;
    checkOptions(this, options, known);
    const { name, inputs, inputShape, targets, target, scale } = options;
    checkOptions(`${name}: target`, target, ['kind', 'shape', 'classes', 'ignoreIndex']);
    this.name = name;
    this.inputShape = [...inputShape];
    this.target = { ...target, shape: [...target.shape] };
    this.#inputs = inputs;
    // A typed array of a million pixels takes an eighth of the memory of a list.
    this.#targets = ArrayBuffer.isView(targets) ? targets : Array.from(targets);
    this.#scale = scale ?? (inputs instanceof Uint8Array ? 1 / 255 : 1);
    this.#checkTarget();
    this.length = inputs.length / numElements(inputShape);
    const count = targets.length / numElements(target.shape);
    if (!Number.isInteger(this.length) || this.length !== count || count === 0) {
      throw this.#error(
        `expected inputs of shape ${show(inputShape)} and as many targets of shape ${show(target.shape)}, ` +
          `got ${inputs.length} and ${targets.length} values`,
      );
    }
    this.#checkValues('input', inputs, (x) => Number.isFinite(Math.fround(x * this.#scale)));
    this.#checkValues('target', targets, this.#isTarget());
  }

  /** Returns a batch. Throws if there are no indices, or if an index is not that of an example. */
  batch(indices: Int32Array): TargetBatch {
    if (indices.length === 0) throw this.#error('batch: expected at least one index, got none');
    const wrong = indices.find((index) => !(index >= 0 && index < this.length));
    if (wrong !== undefined) {
      throw this.#error(`batch: expected an index from 0 to ${this.length - 1}, got ${wrong}`);
    }
    const rows = (values: ArrayLike<number>, shape: readonly number[], scale: number) => {
      const size = numElements(shape);
      const chosen = new Float32Array(indices.length * size);
      indices.forEach((example, i) => {
        for (let j = 0; j < size; j++) chosen[i * size + j] = values[example * size + j] * scale;
      });
      return chosen;
    };
    const { inputShape, target } = this;
    const count = indices.length;
    const dtype = target.kind === 'labels' ? 'int32' : 'float32';
    return {
      input: tensor(rows(this.#inputs, inputShape, this.#scale), [count, ...inputShape], 'float32'),
      target: tensor(rows(this.#targets, target.shape, 1), [count, ...target.shape], dtype),
    };
  }

  #isTarget(): (value: number) => boolean {
    const { kind, classes = 0, ignoreIndex } = this.target;
    if (kind === 'numbers') return (y) => Number.isFinite(Math.fround(y));
    if (kind === 'answers') return (y) => y >= 0 && y <= 1;
    return (y) => y === ignoreIndex || (Number.isInteger(y) && y >= 0 && y < classes);
  }

  #checkTarget(): void {
    const { kind, classes, ignoreIndex } = this.target;
    if (!['numbers', 'answers', 'labels'].includes(kind)) {
      throw this.#error(`expected a kind out of numbers, answers, labels, got ${show(kind)}`);
    }
    const isCount = Number.isSafeInteger(classes) && Number(classes) >= 1;
    if (kind === 'labels' ? !isCount : (classes ?? ignoreIndex) !== undefined) {
      const expected =
        kind === 'labels' ? 'a number of classes with labels' : 'classes for labels only';
      throw this.#error(`expected ${expected}, got ${show(classes ?? ignoreIndex)}`);
    }
  }

  #checkValues(
    what: 'input' | 'target',
    values: ArrayLike<number>,
    isValid: (value: number) => boolean,
  ): void {
    const { kind, classes, shape } = this.target;
    const size = numElements(what === 'input' ? this.inputShape : shape);
    for (let i = 0; i < values.length; i++) {
      if (isValid(values[i])) continue;
      const range = {
        numbers: 'finite numbers',
        answers: 'answers from 0 to 1',
        labels: `labels from 0 to ${(classes ?? 0) - 1}`,
      };
      const expected = what === 'input' ? 'finite inputs' : range[kind];
      throw this.#error(`example ${Math.floor(i / size)}: expected ${expected}, got ${values[i]}`);
    }
  }

  #error(problem: string): InputError {
    return new InputError(`${this.name}: ${problem}`);
  }
}
