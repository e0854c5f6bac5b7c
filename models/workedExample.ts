import { constant } from '../lib/constant.ts';
import { values } from '../lib/init/initializers.ts';
import { Euclidean } from '../losses/euclidean.ts';
import { Linear } from '../modules/linear.ts';
import { Tanh } from '../modules/tanh.ts';

/**
 * The lecture's worked example: two inputs (1, 0.1), two tanh nodes, one linear node and no biases;
 * the target is 0.5, and E = ½ (x − y)². It makes one step with η = −0.2, which is the learning
 * rate 0.2. The caller disposes the boxes and tensors.
 *
 * Source: lecture, "Backpropagation example"; the figure is that of MIT 6.7960 (2024), lecture 2.
 */
export function workedExample() {
  const hidden = values([[1, -3], [0.2, 1]]); // prettier-ignore
  return {
    boxes: [
      new Linear(2, 2, { bias: false, init: hidden }),
      new Tanh(),
      new Linear(2, 1, { bias: false, init: values([[1, -1]]) }),
    ],
    cost: new Euclidean({ reduction: 'sum' }),
    input: constant([1, 0.1], [1, 2]),
    target: constant([0.5], [1, 1]),
    learningRate: 0.2,
  } as const;
}
