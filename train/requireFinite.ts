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
 * Refuses a network whose last update has overflowed, so that nobody saves it.
 *
 * Errors: `non-finite parameter after step 12: first in weight of Sequential[2] > Linear`.
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
  /** The last training step, for messages; none for weights from a file. */
  readonly step?: number;
}

/**
 * Evaluates a network in the middle of its training, or one from a file. Finite weights may be so
 * large that the loss is not finite.
 *
 * Errors: those of `evaluate`; `non-finite loss after step 12: first in the output of Sequential[2]
 *         > Linear`.
 */
export async function evaluateFinite(
  network: Module,
  dataset: Dataset,
  { step, ...options }: EvaluateFiniteOptions = {},
): Promise<Evaluation> {
  const evaluation = await evaluate(network, dataset, options);
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
