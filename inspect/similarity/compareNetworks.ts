import type { Tensor } from '@tensorflow/tfjs-core';
import { batches } from '../../data/batches.ts';
import type { Dataset } from '../../data/dataset.ts';
import { checkOptions } from '../../lib/check.ts';
import { InputError, show } from '../../lib/errors.ts';
import { disposeTensors } from '../../lib/memory.ts';
import type { AnyModule } from '../../lib/module.ts';
import { numElements } from '../../lib/shapes.ts';
import { yieldToEventLoop } from '../../lib/yieldToEventLoop.ts';
import { BoxOutputs, type ObservedBox } from '../boxOutputs.ts';
import { dissimilaritiesOf, rankedOf, spearman } from './dissimilarity.ts';
import { exampleCentredGram, featureCentredGram, readSquare } from './gram.ts';
import { LEAST_EXAMPLES } from './hsic.ts';
import { MinibatchCka } from './minibatchCka.ts';
import { UnitMatcher, type UnitMatch } from './unitMatcher.ts';

/** A network, with the examples in the form that it receives. */
export interface ComparedNetwork {
  readonly network: AnyModule;
  readonly data: Dataset;
}

/** The options of `compareNetworks`. */
export interface CompareOptions {
  /** The number of examples that are used, starting with the first one; all by default. */
  readonly examples?: number;
  /** The number of examples per minibatch, at least 4; by default 256, or what memory allows. */
  readonly batchSize?: number;
  /** The number of units per box that are matched, which are the first ones; 64 by default. */
  readonly units?: number;
  /** Is called after each batch with the number of finished batches and of all batches. */
  readonly onBatch?: (done: number, total: number) => void;
}

const OPTIONS = ['examples', 'batchSize', 'units', 'onBatch'] as const;

/** A box of the first network, and the box of the second network with which it is compared. */
export interface BoxMatch {
  /** The index of the box in `Comparison.a`. */
  readonly a: number;
  /** The index of the other box in `Comparison.b`. */
  readonly b: number;
  /** The matches of the first units of the box. */
  readonly units: readonly UnitMatch[];
}

/** The result of `compareNetworks`. */
export interface Comparison {
  /** The boxes of the first network, in the order in which they run. */
  readonly a: readonly ObservedBox[];
  /** The boxes of the second network. */
  readonly b: readonly ObservedBox[];
  /** The number of examples that were used. */
  readonly examples: number;
  /** The number of examples per minibatch. */
  readonly batchSize: number;
  /** Linear CKA, one row per box of `a`. It is NaN if a box gives one output for all examples. */
  readonly cka: readonly (readonly number[])[];
  /** Representational similarity, the mean over the minibatches, one row per box of `a`. */
  readonly rsa: readonly (readonly number[])[];
  /** For each box of `a` that resembles a box of `b`, the matches of their units. */
  readonly matches: readonly BoxMatch[];
}

/** The limit for the tensors of a minibatch, in bytes. */
const MEMORY = 2 ** 28;

/** The number of copies of an output that are in memory while a Gram matrix is computed. */
const COPIES = 4;

/**
 * Compares the representations of every pair of boxes of two networks on the same examples: the
 * minibatch form of unbiased linear CKA, and representational similarity. Each box's output is
 * flattened per example, so that every position and channel of an image is a feature. The units of
 * a box of `a` are matched with those of the box of `b` that has the same path, class and output
 * shape, or else with those of the box that has the largest CKA with it.
 *
 * The memory does not grow with the number of examples. The last examples are left out if they do
 * not fill a minibatch.
 *
 * Errors: datasets of different lengths; fewer than 4 examples; numbers in the options that are not
 *         integers of at least 1; an unknown option; those of the boxes and the datasets.
 * Source: Kornblith et al. 2019, arXiv:1905.00414; Nguyen et al. 2021, arXiv:2010.15327.
 *
 *     const { cka } = await compareNetworks({ network: one, data }, { network: other, data });
 *     cka[0][2];   // the first box of `one` and the third box of `other`
 */
export async function compareNetworks(
  a: ComparedNetwork,
  b: ComparedNetwork,
  options: CompareOptions = {},
): Promise<Comparison> {
  checkOptions('compareNetworks', options, OPTIONS);
  const sides = [a, b];
  const outputs = sides.map(({ network, data }) => new BoxOutputs(network, data.inputShape));
  const [rows, columns] = outputs.map(({ boxes }) => boxes);
  const { examples, batchSize } = sizesOf(a, b, outputs, options);
  const { units = 64, onBatch = () => {} } = options;
  const matchBatch = batchWithin(
    outputs.map(totalOf).reduce((sum, size) => sum + size),
    1,
  );
  const used = examples - (examples % batchSize);
  const total = used / batchSize + Math.ceil(used / matchBatch);
  let done = 0;
  const next = async () => {
    onBatch(++done, total);
    await yieldToEventLoop();
  };

  const cka = new MinibatchCka(rows.length, columns.length);
  const rsa = rows.map(() => new Float64Array(columns.length));
  for (const indices of batches(used, batchSize)) {
    const grams: Awaited<ReturnType<typeof gramsOf>>[] = [];
    for (const [side, { data }] of sides.entries())
      grams.push(await gramsOf(outputs[side], data, indices));
    const [own, other] = grams;
    cka.addGrams(own.features, other.features);
    const [x, y] = [own, other].map(({ examples }) => examples.map(rankedDissimilarities));
    x.forEach((one, i) => y.forEach((two, j) => (rsa[i][j] += spearman(one, two))));
    await next();
  }
  const { values } = cka;
  const minibatches = used / batchSize;
  const pairs = rows.flatMap((box, i): [number, number][] => {
    const partner = partnerOf(box, columns, values[i]);
    return partner === undefined ? [] : [[i, partner]];
  });
  const matchers = pairs.map(() => new UnitMatcher({ units }));
  for (const indices of batches(used, matchBatch)) {
    const [x, y] = [await copiesOf(outputs[0], a.data, indices), await copiesOf(outputs[1], b.data, indices)]; // prettier-ignore
    for (const [k, [i, j]] of pairs.entries()) await matchers[k].add(x[i], y[j]);
    disposeTensors([x, y]);
    await next();
  }
  return {
    a: rows,
    b: columns,
    examples: used,
    batchSize,
    cka: values,
    rsa: rsa.map((row) => Array.from(row, (sum) => sum / minibatches)),
    matches: pairs.map(([i, j], k) => ({ a: i, b: j, units: matchers[k].matches })),
  };
}

/** Checks the numbers of the options, and fills in the defaults. */
function sizesOf(
  a: ComparedNetwork,
  b: ComparedNetwork,
  outputs: readonly BoxOutputs[],
  options: CompareOptions,
): { examples: number; batchSize: number } {
  const { units = 1, batchSize: given = 1, examples: wanted = 1 } = options;
  for (const [name, value] of Object.entries({ examples: wanted, batchSize: given, units })) {
    if (Number.isSafeInteger(value) && value >= 1) continue;
    throw new InputError(
      `compareNetworks: expected ${name} to be an integer of at least 1, got ${show(value)}`,
    );
  }
  if (a.data.length !== b.data.length) {
    throw new InputError(
      `compareNetworks: expected the same examples for both networks, got ${a.data.length} and ${b.data.length}`,
    );
  }
  const examples = Math.min(options.examples ?? Infinity, a.data.length);
  const least = LEAST_EXAMPLES.unbiased;
  if (examples < least)
    throw new InputError(`compareNetworks: expected at least ${least} examples, got ${examples}`);
  const largest = Math.max(...outputs.map((one) => one.largest));
  const most = Math.min(examples, 256, batchWithin(COPIES * largest, least));
  // The minibatches are of equal size, so that few examples are left out.
  const equal = Math.floor(examples / Math.ceil(examples / most));
  const batchSize = Math.min(options.batchSize ?? Math.max(least, equal), examples);
  if (batchSize >= least) return { examples, batchSize };
  throw new InputError(`compareNetworks: expected a batchSize of at least ${least}, got ${given}`);
}

/** Returns the number of examples whose values fit into the limit, from `least` to 256. */
function batchWithin(valuesPerExample: number, least: number): number {
  return Math.min(256, Math.max(least, Math.floor(MEMORY / (4 * valuesPerExample))));
}

const totalOf = ({ boxes }: BoxOutputs): number =>
  boxes.reduce((sum, { shape }) => sum + numElements(shape), 0);

/** Computes the Gram matrices of each box's output, centred in both ways. */
async function gramsOf(outputs: BoxOutputs, data: Dataset, indices: Int32Array) {
  const tensors = await eachOutput(outputs, data, indices, (output) => ({
    features: featureCentredGram(output),
    examples: exampleCentredGram(output),
  }));
  const features: Float64Array[] = [];
  const examples: Float64Array[] = [];
  for (const one of tensors) {
    features.push(await readSquare(one.features));
    examples.push(await readSquare(one.examples));
  }
  return { features, examples };
}

const rankedDissimilarities = (gram: Float64Array) => rankedOf(dissimilaritiesOf(gram));

const copiesOf = (outputs: BoxOutputs, data: Dataset, indices: Int32Array): Promise<Tensor[]> =>
  eachOutput(outputs, data, indices, (output) => output.clone());

/** Runs a network on some examples, and returns the result of `visit` for each box. */
async function eachOutput<R>(
  outputs: BoxOutputs,
  data: Dataset,
  indices: Int32Array,
  visit: (output: Tensor) => R,
): Promise<R[]> {
  const batch = await data.batch(indices);
  try {
    return outputs.map(batch.input, visit);
  } finally {
    disposeTensors(batch);
  }
}

/** Returns the index of the box with which a box's units are compared. */
function partnerOf(
  { path, name, shape }: ObservedBox,
  others: readonly ObservedBox[],
  cka: readonly number[],
): number | undefined {
  const same = others.findIndex(
    (other) => other.path === path && other.name === name && other.shape.join() === shape.join(),
  );
  if (same >= 0) return same;
  return mostSimilar(cka);
}

/** Returns the index of the largest value; undefined if all are NaN. */
export function mostSimilar(values: readonly number[]): number | undefined {
  let best: number | undefined;
  values.forEach((value, i) => {
    if (!Number.isNaN(value) && (best === undefined || value > values[best])) best = i;
  });
  return best;
}
