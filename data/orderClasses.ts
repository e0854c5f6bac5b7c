import { tensor1d } from '@tensorflow/tfjs-core';
import { disposeTensors } from '../lib/memory.ts';
import { datasetInfo, type Dataset } from './dataset.ts';

/**
 * Returns a dataset with its classes in the order of `names`. If its classes have other names, it
 * returns the dataset itself.
 */
export function orderClasses(dataset: Dataset, names: readonly string[]): Dataset {
  const { classNames = [], labels } = dataset;
  const labelOf = classNames.map((name) => names.indexOf(name));
  const isOther = names.length !== classNames.length || labelOf.includes(-1);
  if (isOther || labelOf.every((label, k) => label === k)) return dataset;
  const { notes } = dataset;
  return {
    ...datasetInfo(dataset),
    classNames: names,
    ...(notes && { notes }),
    ...(labels && { labels: Int32Array.from(labels, (label) => labelOf[label]) }),
    async batch(indices, rng, share) {
      // Data as it is read has no mixed examples, and so no other target.
      const { input, labels: own } = await dataset.batch(indices, rng, share);
      const values = Array.from(await own.data(), (label) => labelOf[label]);
      disposeTensors(own);
      return { input, labels: tensor1d(values, 'int32') };
    },
  };
}
