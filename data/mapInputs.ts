import { zeros, type Tensor } from '@tensorflow/tfjs-core';
import { isTensor, nameOf } from '../lib/check.ts';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { datasetInfo, type Dataset } from './dataset.ts';
import { hasTargets, type TargetDataset } from './targets.ts';

/**
 * Makes a dataset whose inputs are the outputs of a box in inference mode. The caller owns the box,
 * and disposes it when the dataset is no longer used.
 *
 * Errors: those of the box; a box that does not return one tensor with one row per example.
 *
 *     const padded = mapInputs(train, new Pad2D(2));
 *     padded.inputShape; // [32, 32, 1] for MNIST
 */
export function mapInputs(dataset: TargetDataset, box: Module): TargetDataset;
export function mapInputs(dataset: Dataset, box: Module): Dataset;
export function mapInputs(dataset: Dataset | TargetDataset, box: Module): Dataset | TargetDataset;
export function mapInputs(dataset: Dataset | TargetDataset, box: Module): Dataset | TargetDataset {
  const { name, length } = dataset;
  const map = (input: Tensor): Tensor => {
    const output: unknown = box.infer(input, { mode: 'inference' });
    if (isTensor(output) && output.shape[0] === input.shape[0]) return output;
    throw new InputError(
      `${name}: expected one row per example from ${nameOf(box)}, got ${show(output)}`,
    );
  };
  const inputShape = tidy(() => map(zeros([1, ...dataset.inputShape])).shape.slice(1));
  /** Maps the inputs of a batch, and disposes the batch if the box throws. */
  const mapped = <B extends { readonly input: Tensor }>({ input, ...rest }: B) => {
    try {
      return { input: map(input), ...rest };
    } catch (error) {
      disposeTensors({ ...rest });
      throw error;
    } finally {
      disposeTensors(input);
    }
  };
  if (hasTargets(dataset)) {
    const { target } = dataset;
    const batch: TargetDataset['batch'] = async (indices, rng, share) =>
      mapped(await dataset.batch(indices, rng, share));
    return { name, length, inputShape, target, batch };
  }
  return {
    ...datasetInfo(dataset),
    inputShape,
    batch: async (indices, rng, share) => mapped(await dataset.batch(indices, rng, share)),
  };
}
