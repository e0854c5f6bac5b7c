import { tensor1d, type Rank, type Tensor } from '@tensorflow/tfjs-core';
import { batches } from '../../data/batches.ts';
import type { Dataset } from '../../data/dataset.ts';
import { labelsOf } from '../../data/labels.ts';
import { subset } from '../../data/split.ts';
import { stratifiedSplit } from '../../data/stratify.ts';
import { checkOptions } from '../../lib/check.ts';
import { constant } from '../../lib/constant.ts';
import { InputError, show } from '../../lib/errors.ts';
import { disposeTensors } from '../../lib/memory.ts';
import type { AnyModule } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { yieldToEventLoop } from '../../lib/yieldToEventLoop.ts';
import { BoxOutputs, type ObservedBox } from '../boxOutputs.ts';
import { FeatureReducer } from './featureReducer.ts';
import { neighbourErrors } from './nearestNeighbours.ts';
import { fitRidge, ridgeErrors, type ClassifierData } from './ridgeClassifier.ts';

/** The data of `probeNetwork`, in the form that the network receives. */
export interface ProbeData {
  /** The examples on which the classifiers are fitted, and on which their settings are chosen. */
  readonly train: Dataset;
  /** The examples on which the errors are measured. Nothing else depends on them. */
  readonly test: Dataset;
}

/** The options of `probeNetwork`. */
export interface ProbeOptions {
  /** The number of training examples, which are drawn at random; at most 3000 by default. */
  readonly examples?: number;
  /** The number of test examples, which are the first ones; at most 2000 by default. */
  readonly testExamples?: number;
  /** The largest number of features per box; 1024 by default. */
  readonly maxFeatures?: number;
  /** The seed of the choice of the examples and of random projections; 0 by default. */
  readonly seed?: number;
  /** Is called after each box with the number of finished boxes and of all boxes. */
  readonly onBox?: (done: number, total: number) => void;
}

const OPTIONS = ['examples', 'testExamples', 'maxFeatures', 'seed', 'onBox'] as const;

/** A classifier on the output of a box. */
export interface ProbedClassifier<Setting> {
  /** The fraction of the test examples that it assigns to another class; NaN if it has no fit. */
  readonly errorRate: number;
  /**
   * The fraction of the validation examples that it assigns to another class, with the setting that
   * was chosen on them.
   */
  readonly validationErrorRate: number;
  /** The chosen setting: λ of the ridge penalty, or the number k of neighbours. */
  readonly setting: Setting;
}

/** The classifiers on the output of one box. */
export interface BoxProbe {
  /** The box. The first one stands for the input: its name is `input`, and its path is empty. */
  readonly box: ObservedBox;
  /** The number of features. */
  readonly features: number;
  /** The linear classifier, whose setting is λ. */
  readonly linear: ProbedClassifier<number>;
  /** The nearest-neighbour classifier, whose setting is k. */
  readonly nearest: ProbedClassifier<number>;
}

/** The result of `probeNetwork`. */
export interface ProbeResult {
  readonly boxes: readonly BoxProbe[];
  /** The numbers of examples: for the fit, for the choice of the settings, and for the test. */
  readonly examples: Readonly<Record<'fit' | 'validation' | 'test', number>>;
  readonly classes: number;
}

/** The penalties that are tried, and the numbers of neighbours. */
const [LAMBDAS, NEIGHBOURS] = [
  [1, 0.1, 0.01, 0.001, 1e-4],
  [1, 3, 5, 9, 15],
];

/** The fraction of the training examples on which the settings are chosen. */
const VALIDATION = 0.2;

/** The limit for the features that are in memory at once, in bytes. */
const MEMORY = 2 ** 28;

/** The limit for the outputs of a batch, in bytes. */
const BATCH_MEMORY = 2 ** 27;

/**
 * Taps off the output of each box and measures how well it separates the classes: the test error of
 * a linear classifier (softmax with a ridge penalty) and of a nearest-neighbour classifier on it,
 * by depth. The features are standardized. λ and k are those with the smallest error on a fifth of
 * the training examples, then the classifiers are fitted to all of them. The network does not
 * change, and its own classes may be others.
 *
 * The memory is bounded: an output has at most `maxFeatures` features (`FeatureReducer` says how),
 * and if the features of all boxes would need more than 256 MiB, the network runs several times.
 *
 * Errors: fewer training examples than two per class or 10, or of one class only; datasets of
 *         different classes; numbers in the options that are not integers of at least 1; an unknown
 *         option; those of the boxes and the datasets.
 * Source: lecture, "Tap off features"; Zeiler & Fergus 2013, arXiv:1311.2901, section 5.3.
 *
 *     const { boxes } = await probeNetwork(network, { train, test }, { examples: 1000 });
 *     console.log(boxes.map(({ linear }) => linear.errorRate));
 */
export async function probeNetwork(
  network: AnyModule,
  data: ProbeData,
  options: ProbeOptions = {},
): Promise<ProbeResult> {
  checkOptions('probeNetwork', options, OPTIONS);
  const { maxFeatures = 1024, seed = 0, onBox = () => {} } = options;
  const rng = new Rng(seed);
  const parts = await divide(data, options, rng.fold(0));
  const { inputShape, classes } = data.train;
  const outputs = new BoxOutputs(network, inputShape);
  const boxes = [{ name: 'input', path: '', shape: inputShape }, ...outputs.boxes];
  const reducers = boxes.map(({ shape }, k) => new FeatureReducer(shape, maxFeatures, rng.fold(k + 1))); // prettier-ignore
  const examples = parts.reduce((sum, { length }) => sum + length, 0);
  const labels = await Promise.all(parts.map((part) => labelsOf(part)));
  checkClasses(labels.slice(0, 2));
  const most = Math.max(...reducers.map(({ features }) => features));
  const perRun = Math.max(1, Math.floor(MEMORY / (4 * examples * most)));
  const found: BoxProbe[] = [];
  for (let first = 0; first < boxes.length; first += perRun) {
    const group = boxes.map((_, k) => k).slice(first, first + perRun);
    const features = await featuresOf(outputs, reducers, parts, group);
    for (const [place, k] of group.entries()) {
      const own = features.map((part) => part[place]);
      found.push({
        box: boxes[k],
        features: reducers[k].features,
        ...(await classify(own, labels, classes)),
      });
      features.forEach((part) => (part[place] = new Float64Array()));
      onBox(found.length, boxes.length);
      await yieldToEventLoop();
    }
  }
  const [fit, validation, test] = parts.map(({ length }) => length);
  return { boxes: found, examples: { fit, validation, test }, classes };
}

/** Returns the examples for the fit, for the choice of the settings, and for the test. */
async function divide(
  { train, test }: ProbeData,
  options: ProbeOptions,
  rng: Rng,
): Promise<Dataset[]> {
  const { examples = 3000, testExamples = 2000, maxFeatures = 1 } = options;
  for (const [name, value] of Object.entries({ examples, testExamples, maxFeatures })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new InputError(
      `probeNetwork: expected ${name} to be an integer of at least 1, got ${show(value)}`,
    );
  }
  if (train.classes !== test.classes) {
    throw new InputError(
      `probeNetwork: expected test examples of ${train.classes} classes, got ${test.classes}`,
    );
  }
  const used = Math.min(examples, train.length);
  const least = Math.max(10, 2 * train.classes);
  if (used < least) {
    throw new InputError(
      `probeNetwork: expected at least ${least} training examples for ${train.classes} classes, got ${used}`,
    );
  }
  const share = used / train.length;
  const [some] = share < 1 ? await stratifiedSplit(train, [share, 1 - share], rng) : [train];
  const parts = await stratifiedSplit(some, [1 - VALIDATION, VALIDATION], rng);
  const tested = Math.min(testExamples, test.length);
  return [
    ...parts,
    subset(
      test,
      Array.from({ length: tested }, (_, i) => i),
    ),
  ];
}

/** Throws if all training examples are of one class, which any classifier would get right. */
function checkClasses(labels: readonly Int32Array[]): void {
  const found = new Set(labels.flatMap((part) => Array.from(part)));
  if (found.size > 1) return;
  throw new InputError(
    `probeNetwork: expected training examples of two classes or more, got ${found.size}`,
  );
}

/** Features, one row per example. */
type Features = Float32Array | Float64Array;

/** Computes the features of some boxes for each part of the data: one list of boxes per part. */
async function featuresOf(
  outputs: BoxOutputs,
  reducers: readonly FeatureReducer[],
  parts: readonly Dataset[],
  group: readonly number[],
): Promise<Features[][]> {
  const batchSize = Math.max(1, Math.min(250, Math.floor(BATCH_MEMORY / (16 * outputs.largest))));
  const found: Features[][] = [];
  for (const part of parts) {
    const own = group.map((k) => new Float32Array(part.length * reducers[k].features));
    for (const indices of batches(part.length, batchSize)) {
      const batch = await part.batch(indices);
      const pooled = new Map<number, Tensor>();
      if (group.includes(0)) pooled.set(0, reducers[0].pool(batch.input));
      outputs
        .map(batch.input, (output, box) =>
          group.includes(box + 1) ? reducers[box + 1].pool(output) : undefined,
        )
        .forEach((tensor, box) => tensor && pooled.set(box + 1, tensor));
      disposeTensors(batch);
      for (const [place, k] of group.entries()) {
        const tensor = pooled.get(k);
        if (tensor === undefined) continue;
        own[place].set(await reducers[k].read(tensor), indices[0] * reducers[k].features);
      }
      await yieldToEventLoop();
    }
    found.push(own);
  }
  return found;
}

/** Chooses the settings of both classifiers and measures their errors. */
async function classify(
  [fit, validation, test]: readonly Features[],
  labels: readonly Int32Array[],
  classes: number,
): Promise<Pick<BoxProbe, 'linear' | 'nearest'>> {
  if (![fit, validation, test].every((values) => values.every(Number.isFinite))) {
    const none = { errorRate: NaN, validationErrorRate: NaN, setting: NaN };
    return { linear: none, nearest: none };
  }
  const [own, held] = standardized([fit, validation], labels.slice(0, 2), classes);
  const linearErrors: number[] = [];
  let weights: Float64Array | undefined;
  for (const lambda of LAMBDAS) {
    weights = await fitRidge(own, lambda, weights);
    linearErrors.push(await ridgeErrors(held, weights));
  }
  const nearestErrors = await neighbourErrors(own, held, NEIGHBOURS);
  disposeTensors([own.features, own.labels, held.features, held.labels]);
  // Among equally good settings, the larger penalty or the smaller number of neighbours is chosen.
  const [l, k] = [linearErrors, nearestErrors].map((errors) => errors.indexOf(Math.min(...errors)));
  const both = join(fit, validation);
  const bothLabels = Int32Array.from([...labels[0], ...labels[1]]);
  const [all, tested] = standardized([both, test], [bothLabels, labels[2]], classes);
  const final = await fitRidge(all, LAMBDAS[l]);
  const tests = labels[2].length;
  const linear = (await ridgeErrors(tested, final)) / tests;
  const [nearest] = await neighbourErrors(all, tested, [NEIGHBOURS[k]]);
  disposeTensors([all.features, all.labels, tested.features, tested.labels]);
  const tries = labels[1].length;
  return {
    linear: {
      errorRate: linear,
      validationErrorRate: linearErrors[l] / tries,
      setting: LAMBDAS[l],
    },
    nearest: {
      errorRate: nearest / tests,
      validationErrorRate: nearestErrors[k] / tries,
      setting: NEIGHBOURS[k],
    },
  };
}

/** Joins the features of two parts. */
function join(a: Features, b: Features): Float32Array {
  const both = new Float32Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/**
 * Standardizes the features of several parts by the mean and the standard deviation of the first
 * part. A feature that is the same for all its examples becomes 0 everywhere.
 */
function standardized(
  parts: readonly Features[],
  labels: readonly Int32Array[],
  classes: number,
): ClassifierData[] {
  const [first] = parts;
  const examples = labels[0].length;
  const features = first.length / examples;
  const mean = new Float64Array(features);
  const deviation = new Float64Array(features);
  first.forEach((value, i) => (mean[i % features] += value / examples));
  first.forEach((value, i) => (deviation[i % features] += (value - mean[i % features]) ** 2));
  const scale = deviation.map((sum, j) => {
    const size = Math.sqrt(sum / examples);
    return size > ROUNDING * Math.abs(mean[j]) ? 1 / size : 0;
  });
  return parts.map((part, k) => ({
    features: constant<Rank.R2>(
      part.map((value, i) => (value - mean[i % features]) * scale[i % features]),
      [labels[k].length, features],
    ),
    labels: tensor1d(labels[k], 'int32'),
    classes,
  }));
}

/** A smaller relative deviation is a rounding error. */
const ROUNDING = 1e-6;
