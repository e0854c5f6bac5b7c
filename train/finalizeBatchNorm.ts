import { keep, type Tensor, type Variable } from '@tensorflow/tfjs-core';
import type { BatchNorm, BatchNormContext } from '../modules/batchNorm.ts';
import { nameOf } from '../lib/check.ts';
import { InputError } from '../lib/errors.ts';
import { constant } from '../lib/constant.ts';
import { momentsOver } from '../lib/kernels/normalize/reductionGroups.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { yieldToEventLoop } from '../lib/yieldToEventLoop.ts';

/**
 * The inputs of a network, batch by batch: a list, or a function that starts again from the first
 * batch at each call.
 */
export type InputBatches = Iterable<Tensor> | (() => Iterable<Tensor>);

/**
 * The final phase of training with batch normalization. For each BatchNorm, from the first to the
 * last one in the network, it
 *
 *   1. propagates all training data to it in inference mode, through boxes whose statistics are
 *      already final;
 *   2. computes the mean and the variance of each feature over all of that data and stores them in
 *      its buffers.
 *
 * Afterwards each BatchNorm normalizes the same data, in inference, to mean 0 and variance 1. The
 * statistics do not depend on how the data is divided into batches, because means and sums of
 * squares are merged in double precision. The variance is Σ (x − μ)²/m. A box that is used in
 * several places gets the statistics of all its inputs together.
 *
 * The caller owns the batches; a generator disposes each one in a `finally` after its `yield`. The
 * function yields to the event loop after each batch.
 *
 * Errors: a network without a BatchNorm, or with a BatchNorm that its container does not run or
 *         does not pass the context to; no batches; batches that can be iterated only once; those
 *         of the boxes.
 * Source: lecture, "Batch normalization: test time"; Chan, Golub, LeVeque 1983 for the merging.
 *
 *     await trainer.run();
 *     await finalizeBatchNorm(network, batchesOfInputs);
 */
export async function finalizeBatchNorm(network: Module, data: InputBatches): Promise<void> {
  // An iterator returns itself at its current position, so the iteration cannot start again.
  if (typeof data !== 'function' && Object.is(data[Symbol.iterator](), data))
    throw notRepeatable('an iterator');
  const batches = () => (typeof data === 'function' ? data() : data);
  for (const [box, uses] of batchNormsOf(network, batches())) {
    const moments = new MergedMoments(box.features);
    for (const batch of batches()) {
      for (const input of inputsOf(network, batch, box, uses)) await moments.add(input);
      await yieldToEventLoop();
    }
    moments.store(box);
  }
}

function notRepeatable(got: string): InputError {
  const expected = 'a list of batches, or a function that starts anew at each call';
  return new InputError(`finalizeBatchNorm: expected ${expected}, got ${got}`);
}

/**
 * Lists the BatchNorms in the order in which the data reaches them, with the number of times that
 * each is used in a forward pass.
 */
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
        `finalizeBatchNorm: expected every BatchNorm to run, got one that did not, that of ${missed[0]}`,
      );
    }
    if (uses.size === 0) {
      throw new InputError(
        `finalizeBatchNorm: expected a network with a BatchNorm, got ${nameOf(network)}`,
      );
    }
    return uses;
  }
  throw new InputError('finalizeBatchNorm: expected at least one batch, got none');
}

/**
 * Returns the inputs of a BatchNorm at each place where it is used, for one batch. Boxes after the
 * last of these places do not run.
 */
function inputsOf(network: Module, batch: Tensor, box: BatchNorm, uses: number): Tensor[] {
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

/**
 * The count, the mean and the sum of squared deviations of each feature, which can be merged over
 * batches of any size.
 */
class MergedMoments {
  readonly #mean: Float64Array;
  readonly #squares: Float64Array;
  #count = 0;

  constructor(features: number) {
    this.#mean = new Float64Array(features);
    this.#squares = new Float64Array(features);
  }

  /** Merges the moments of an input, and disposes the input. */
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
    if (this.#count === 0) throw notRepeatable('no batch the second time');
    const variance = this.#squares.map((sum) => sum / this.#count);
    tidy(() => {
      buffers.runningMean.assign(constant(this.#mean, buffers.runningMean.shape));
      buffers.runningVar.assign(constant(variance, buffers.runningVar.shape));
    });
  }
}
