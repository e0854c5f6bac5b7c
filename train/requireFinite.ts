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
 * Refuses a network whose last update has overflowed, so that it is not saved.
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

/**
 * As `evaluate`, for a network that is trained: weights may be finite and yet so large that what they give is not.
 *
 * Errors: those of `evaluate`; `non-finite loss after step 12: first in the output of Sequential[2] > Linear`.
 */
export async function evaluateFinite(
  network: Module,
  dataset: Dataset,
  batchSize: number,
  step: number,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const found = await evaluate(network, dataset, batchSize, options);
  if (Number.isFinite(found.loss)) return found;
  let where: string | undefined;
  for (const indices of batches(dataset.length, batchSize)) {
    const { input, labels } = await dataset.batch(indices);
    try {
      where = await findNonFinite(network, new SoftmaxCrossEntropy(), input, labels, {
        mode: 'inference',
      });
    } finally {
      disposeTensors([input, labels]);
    }
    if (where !== undefined) break;
  }
  throw new InputError(
    `non-finite loss after step ${step}: first in ${where ?? 'the sum over the records'}`,
  );
}
