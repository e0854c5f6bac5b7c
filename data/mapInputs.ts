import type { Tensor } from '@tensorflow/tfjs-core';
import { zeros } from '@tensorflow/tfjs-core';
import { InputError, show } from '../lib/errors.ts';
import { disposeTensors, tidy } from '../lib/memory.ts';
import type { Module } from '../lib/module.ts';
import { datasetInfo, type Batch, type Dataset } from './dataset.ts';

/**
 * A dataset whose inputs are what a box makes of them, in inference mode: `Pad2D` gives a border, `ContrastNorm2D`
 * contrast-normalized images. The box stays its caller's, who disposes of it after the dataset.
 *
 * Errors: those of the box; a box that does not give one tensor with a row for each record.
 */
export function mapInputs(dataset: Dataset, box: Module): Dataset {
  const { name } = dataset;
  const see = (input: Tensor): Tensor => {
    const output: unknown = box.infer(input, { mode: 'inference' });
    if (isTensor(output) && output.shape[0] === input.shape[0]) return output;
    throw new InputError(
      `${name}: expected one row a record from ${box.constructor.name}, got ${show(output)}`,
    );
  };
  const inputShape = tidy(() => see(zeros([1, ...dataset.inputShape])).shape.slice(1));
  return {
    ...datasetInfo(dataset),
    inputShape,
    async batch(indices, rng): Promise<Batch> {
      const { input, labels } = await dataset.batch(indices, rng);
      try {
        return { input: see(input), labels };
      } catch (error) {
        disposeTensors(labels);
        throw error;
      } finally {
        disposeTensors(input);
      }
    },
  };
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'shape' in value && 'dataSync' in value;
}
