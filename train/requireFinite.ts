import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import { batches } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import type { TargetBatch, TargetDataset } from '../data/targets.ts';
import type { Cost } from '../lib/cost.ts';
import { InputError } from '../lib/errors.ts';
import { zeroIfFinite } from '../lib/kernels/reduce/finite.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { describeParam } from '../lib/propagate.ts';
import {
  evaluate,
  type Evaluation,
  type EvaluateOptions,
  type TargetEvaluateOptions,
  type TargetEvaluation,
} from './evaluate.ts';
import { findNonFinite } from './findNonFinite.ts';

/**
 * Throws if a parameter of a network is not finite after an update. This prevents the network from
 * being saved.
 *
 * Errors: a parameter that is NaN or infinite (the message names it).
 */
export async function requireFinite(network: Module, step: number): Promise<void> {
  const params = Object.entries(network.params);
  if (await areFinite(params.map(([, param]) => param))) return;
  for (const [name, param] of params) {
    if (await areFinite([param])) continue;
    throw new InputError(
      `non-finite parameter after step ${step}: first in ${describeParam(network, name)}`,
    );
  }
}

async function areFinite(tensors: Parameters<typeof zeroIfFinite>[0]): Promise<boolean> {
  const verdict = zeroIfFinite(tensors);
  const [value] = await verdict.data();
  disposeTensors(verdict);
  return value === 0;
}

/** The options of `evaluateFinite`. */
export interface EvaluateFiniteOptions extends EvaluateOptions {
  /**
   * The number of the last training step, for messages. It is undefined for weights from a file.
   */
  readonly step?: number;
  /**
   * A network that computes the same in inference, such as the result of `foldBatchNorm`. It is
   * evaluated in place of `network`, but messages name boxes of `network`.
   */
  readonly folded?: Module;
}

/**
 * Evaluates a network, and checks that the loss is finite. (If weights are very large, the loss may
 * overflow although all weights are finite.)
 *
 * Errors: those of `evaluate`; a loss that is NaN or infinite (the message names the box that first
 *         produced such a value).
 */
export async function evaluateFinite(
  network: Module,
  dataset: Dataset,
  { step, folded = network, ...options }: EvaluateFiniteOptions = {},
): Promise<Evaluation> {
  const evaluation = await evaluate(folded, dataset, options);
  return requireFiniteLoss(evaluation, step, () =>
    findInDataset(network, options.batchSize, dataset.length, async (indices) => {
      const { input, labels: target } = await dataset.batch(indices);
      return { input, target, cost: new SoftmaxCrossEntropy() };
    }),
  );
}

/** Evaluates a network on targets, and checks that the loss is finite, as `evaluateFinite` does. */
export async function evaluateTargetsFinite(
  network: Module,
  dataset: TargetDataset,
  { step, ...options }: TargetEvaluateOptions & { readonly step?: number },
): Promise<TargetEvaluation> {
  const evaluation = await evaluate(network, dataset, options);
  const { cost } = options;
  return requireFiniteLoss(evaluation, step, () =>
    findInDataset(network, options.batchSize, dataset.length, async (indices) => ({
      ...(await dataset.batch(indices)),
      cost,
    })),
  );
}

async function requireFiniteLoss<E extends { readonly loss: number }>(
  evaluation: E,
  step: number | undefined,
  find: () => Promise<string | undefined>,
): Promise<E> {
  if (Number.isFinite(evaluation.loss)) return evaluation;
  const when = step === undefined ? '' : ` after step ${step}`;
  const where = (await find()) ?? 'the sum over the examples';
  throw new InputError(`non-finite loss${when}: first in ${where}`);
}

/**
 * Runs a network on the batches of a dataset again, and returns the place of the first value that
 * is not finite; undefined if all are finite.
 */
async function findInDataset(
  network: Module,
  batchSize = 250,
  length: number,
  load: (indices: Int32Array) => Promise<TargetBatch & { readonly cost: Cost }>,
): Promise<string | undefined> {
  for (const indices of batches(length, batchSize)) {
    const { input, target, cost } = await load(indices);
    try {
      const context = { mode: 'inference' } as const;
      const where = await findNonFinite({ network, cost, input, target, context });
      if (where !== undefined) return where;
    } finally {
      disposeTensors([input, target]);
    }
  }
  return undefined;
}
