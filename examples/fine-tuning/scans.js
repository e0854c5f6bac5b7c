import { scalar, sub } from '@tensorflow/tfjs-core';
import { subset } from 'boxprop/data';

/**
 * Returns digits as another scanner sees them, dark on white, in place of MNIST's white on black.
 * At most `each` images of a digit are used.
 */
export function scans(dataset, each = Infinity) {
  const seen = new Array(dataset.classes).fill(0);
  const indices = Array.from({ length: dataset.length }, (_, n) => n).filter(
    (n) => seen[dataset.labels[n]]++ < each,
  );
  const { batch, ...rest } = subset(dataset, indices);
  return {
    ...rest,
    async batch(...args) {
      const { input, labels } = await batch(...args);
      const one = scalar(1);
      const inverted = sub(one, input);
      input.dispose();
      one.dispose();
      return { input: inverted, labels };
    },
  };
}
