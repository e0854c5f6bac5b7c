import { SoftmaxCrossEntropy } from '../losses/softmaxCrossEntropy.ts';
import { batches } from '../data/batches.ts';
import type { Dataset } from '../data/dataset.ts';
import { InputError } from '../lib/errors.ts';
import { zeroIfFinite } from '../lib/kernels/reduce/finite.ts';
import { disposeTensors } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { describeParam } from '../lib/propagate.ts';
import { evaluate, type Evaluation, type EvaluateOptions } from './evaluate.ts';
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
  if (Number.isFinite(evaluation.loss)) return evaluation;
  const cost = new SoftmaxCrossEntropy();
  let where: string | undefined;
  for (const indices of batches(dataset.length, options.batchSize ?? 250)) {
    const { input, labels: target } = await dataset.batch(indices);
    try {
      const context = { mode: 'inference' } as const;
      where = await findNonFinite({ network, cost, input, target, context });
    } finally {
      disposeTensors([input, target]);
    }
    if (where !== undefined) break;
  }
  const when = step === undefined ? '' : ` after step ${step}`;
  throw new InputError(`non-finite loss${when}: first in ${where ?? 'the sum over the examples'}`);
}
