import type { Dataset } from '../../data/dataset.ts';
import { createHash } from 'node:crypto';
import { InputError, messageOf, show } from '../../lib/errors.ts';
import type { Module } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { layersOf, withoutLayers } from '../../inspect/withoutLayers.ts';
import { imageShapeOf, resolveNetwork } from '../resolveNetwork.ts';
import type { RunData } from '../runParts.ts';
import { trainOnce } from '../trainFold.ts';
import type { RunOptions } from '../trainOptions.ts';

/** A network without some of its layers, before it is trained. */
export interface Variant {
  /** The paths that are left out; empty for the whole network. */
  readonly without: readonly string[];
  /** The description of what is left out. */
  readonly what: string;
  /** The number of parameters of the network that is left. */
  readonly parameters: number;
}

/** The result of one training. */
export interface Retraining {
  readonly without: readonly string[];
  readonly seed: number;
  /** The number of misclassified test examples, after the last epoch. */
  readonly errors: number;
  /** The number of test examples. */
  readonly examples: number;
  /** The mean loss on the test examples, in nats. */
  readonly loss: number;
  /** The duration of the training, in seconds. */
  readonly seconds: number;
}

type Data = Pick<RunData<Dataset>, 'train' | 'test'>;

/** Builds a network for a seed, without some layers. Networks of one seed share their weights. */
async function build(
  options: RunOptions,
  { train }: Data,
  without: readonly string[],
  rng: Rng,
): Promise<Module> {
  const entry = await resolveNetwork(options.network, options);
  const inputShape = imageShapeOf(train);
  const [draw, anew] = [rng.split(), rng.split()];
  const network = await entry.build({ rng: draw, inputShape, classes: train.classes });
  if (without.length === 0) return network;
  try {
    return withoutLayers(network, { without, inputShape, rng: anew });
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** The networks of an ablation. */
export interface Variants {
  /** The whole network first. */
  readonly variants: readonly Variant[];
  /** Notes about the layers that cannot be left out. */
  readonly notes: readonly string[];
  /** The hash of the whole network and its initial weights. */
  readonly weights: string;
  /** The paths of the layers of the whole network. */
  readonly layers: readonly string[];
}

/**
 * Returns the networks to train: the whole one, and one for each entry of `named`, or without
 * `named` one for each layer but the last, which gives the scores.
 *
 * Errors: those of `withoutLayers` for the entries of `named`.
 */
export async function variantsOf(
  options: RunOptions,
  data: Data,
  named: readonly (readonly string[])[] | undefined,
): Promise<Variants> {
  const inputShape = imageShapeOf(data.train);
  const whole = await build(options, data, [], new Rng(0));
  const layers = layersOf(whole, inputShape);
  const variants: Variant[] = [{ without: [], what: '', parameters: countOf(whole) }];
  const weights = await hashOf(whole);
  whole.dispose();
  const notes: string[] = [];
  for (const without of named ?? layers.slice(0, -1).map(({ path }) => [path])) {
    try {
      const left = await build(options, data, without, new Rng(0));
      const what = without.map((path) => layers.find((one) => one.path === path)?.box ?? '');
      variants.push({ without, what: what.join(' + '), parameters: countOf(left) });
      left.dispose();
    } catch (error) {
      if (named !== undefined || !(error instanceof InputError)) throw error;
      notes.push(messageOf(error).replace(/^withoutLayers: /, ''));
    }
  }
  if (variants.length > 1)
    return { variants, notes, weights, layers: layers.map(({ path }) => path) };
  throw new InputError(
    `ablate: expected a network with a layer that can be left out, got ${show(options.network)}`,
  );
}

/** The arguments of `retrain`. */
export interface RetrainOptions {
  readonly options: RunOptions;
  readonly data: Data;
  readonly without: readonly string[];
  readonly seed: number;
  /** Is called after each step with the number of its examples and its loss. */
  readonly onStep: (event: { readonly examples: number; readonly loss: number }) => void;
  readonly signal: AbortSignal;
}

/**
 * Trains a network without some layers from its initial weights, and evaluates the weights of the
 * last epoch on the test examples. No choice is made by the test examples. Networks of the same
 * seed begin with the same weights where they have the same boxes, and see the examples in the same
 * order.
 */
export async function retrain({
  options,
  data,
  without,
  seed,
  onStep,
  signal,
}: RetrainOptions): Promise<Retraining> {
  const started = performance.now();
  const rng = new Rng(seed);
  const network = await build(options, data, without, rng);
  const { train, test: held } = data;
  const score = await trainOnce(options, network, { train, held, rng, onStep, signal });
  return { without, seed, ...score, seconds: (performance.now() - started) / 1000 };
}

/** Returns a hash of the boxes of a network and of its weights. */
async function hashOf(network: Module): Promise<string> {
  const hash = createHash('sha256').update(String(network));
  for (const variable of Object.values({ ...network.params, ...network.buffers }))
    hash.update(Float32Array.from(await variable.data()));
  return hash.digest('hex');
}

function countOf(network: Module): number {
  return Object.values(network.params).reduce((sum, { size }) => sum + size, 0);
}
