import { keep, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { BatchNorm, BatchNormContext } from '../modules/batchNorm.ts';
import { nameOf } from '../lib/check.ts';
import { InputError } from '../lib/errors.ts';
import { constant } from '../lib/constant.ts';
import { momentsOver } from '../lib/kernels/normalize/reductionGroups.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';

/** The inputs of a network, batch by batch: a list, or a function that starts from the first batch at each call. */
export type InputBatches = Iterable<Tensor> | (() => Iterable<Tensor>);

/**
 * The final phase of training with batch normalization: from the first BatchNorm of the network to the last,
 *
 *   1. propagates all training data to it, in inference mode, so through what is final in all before it;
 *   2. computes the mean and the variance of each feature over all of that data and stores them in its buffers.
 *
 * Afterwards, in inference on that same data, what each BatchNorm normalizes has mean 0 and variance 1. The
 * statistics are those of all the data at once, however it is split into batches: means and sums of squares are
 * merged in double precision. The variance is Σ (x − μ)²/m. A box in several places gets what all of them receive.
 *
 * The batches stay the caller's; a generator lets each one go in a `finally` behind its `yield`. Lets the event loop
 * run after each batch.
 *
 * Errors: a network without BatchNorm, or with one that its containers do not run or hand the context; data without
 *         a batch, or that cannot be gone through again; those of the boxes.
 * Source: lecture, "Batch normalization: test time"; Chan, Golub, LeVeque 1983 for the merging.
 */
export async function finalizeBatchNorm(network: Module, data: InputBatches): Promise<void> {
  // The iterator of an iterator is itself, wherever it stands.
  if (typeof data !== 'function' && Object.is(data[Symbol.iterator](), data))
    throw endsForGood('an iterator');
  const batches = () => (typeof data === 'function' ? data() : data);
  for (const [box, uses] of batchNormsOf(network, batches())) {
    const pooled = new Pooled(box.features);
    for (const batch of batches()) {
      for (const input of received(network, batch, box, uses)) await pooled.add(input);
      await yieldToEventLoop();
    }
    pooled.store(box);
  }
}

function endsForGood(got: string): InputError {
  const wanted = 'data that can be gone through again, a list or a function that starts anew';
  return new InputError(`finalizeBatchNorm: expected ${wanted}, got ${got}`);
}

/** The BatchNorms in the order in which data reaches them, with how often one forward does. */
function batchNormsOf(network: Module, batches: Iterable<Tensor>): Map<BatchNorm, number> {
  const uses = new Map<BatchNorm, number>();
  const context: BatchNormContext = {
    mode: 'inference',
    onBatchNorm: (box) => uses.set(box, (uses.get(box) ?? 0) + 1),
  };
  for (const batch of batches) {
    tidy(() => void network.forward(batch, context));
    const known = new Set<Variable>([...uses.keys()].map(({ buffers }) => buffers.runningMean));
    const missed = Object.entries(network.buffers).find(
      ([name, buffer]) => /(^|\.)runningMean$/.test(name) && !known.has(buffer),
    );
    if (missed !== undefined) {
      throw new InputError(
        `finalizeBatchNorm: expected every BatchNorm to be run, got none for ${missed[0]}`,
      );
    }
    if (uses.size === 0) {
      throw new InputError(
        `finalizeBatchNorm: expected a network with a BatchNorm, got ${nameOf(network)}`,
      );
    }
    return uses;
  }
  throw new InputError('finalizeBatchNorm: expected a batch or more, got none');
}

/** What one batch gives a BatchNorm to normalize, in each of its places. No box behind the last is run. */
function received(network: Module, batch: Tensor, box: BatchNorm, uses: number): Tensor[] {
  const inputs: Tensor[] = [];
  const arrived = new Error('arrived');
  const context: BatchNormContext = {
    mode: 'inference',
    onBatchNorm: (at, input) => {
      if (at !== box) return;
      inputs.push(keep(input.clone()));
      if (inputs.length === uses) throw arrived;
    },
  };
  try {
    tidy(() => void network.forward(batch, context));
  } catch (error) {
    if (error !== arrived) {
      disposeTensors(inputs);
      throw error;
    }
  }
  return inputs;
}

/** The count, mean and sum of squared deviations of each feature, over batches of any sizes. */
class Pooled {
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;
  #count = 0;

  constructor(features: number) {
    this.#mean = new Float64Array(features);
    this.#squares = new Float64Array(features);
  }

  /** Takes an input in, and lets it go. */
  async add(input: Tensor): Promise<void> {
    const features = this.#mean.length;
    const rows = input.size / features;
    const moments = momentsOver(input, { outer: 1, rows, groups: features, columns: 1 });
    const [mean, variance] = await Promise.all([moments.mean.data(), moments.variance.data()]);
    disposeTensors([input, moments]);
    const total = this.#count + rows;
    for (let f = 0; f < features; f++) {
      const shift = mean[f] - this.#mean[f];
      this.#mean[f] += (shift * rows) / total;
      this.#squares[f] += variance[f] * rows + (shift ** 2 * this.#count * rows) / total;
    }
    this.#count = total;
  }

  store({ buffers }: BatchNorm): void {
    if (this.#count === 0) throw endsForGood('no batch the second time');
    const variance = this.#squares.map((sum) => sum / this.#count);
    tidy(() => {
      buffers.runningMean.assign(constant(this.#mean, buffers.runningMean.shape));
      buffers.runningVar.assign(constant(variance, buffers.runningVar.shape));
    });
  }
}
