import * as tf from '@tensorflow/tfjs-core';
import type { Reduction } from '../../lib/cost.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { Euclidean, type EuclideanOptions } from '../../losses/euclidean.ts';
import { expectNoLeak, numbers } from '../support/compare.ts';
import { describeCostFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const x = () =>
  tf.tensor2d([
    [1, 2],
    [3, 4],
  ]);
const y = () =>
  tf.tensor2d([
    [1, 4],
    [0, 8],
  ]); // x − y = [0 −2; 3 −4]

eachBackend('by hand', () => {
  test('the sum is half of all squares, and its gradient x − y', () => {
    const cost = new Euclidean({ reduction: 'sum' });
    const { loss, cache } = cost.forward(x(), y());
    expect(numbers(loss)).toBe((0 + 4 + 9 + 16) / 2);
    expect(numbers(cost.backpropToInput(cache))).toEqual([
      [0, -2],
      [3, -4],
    ]);
  });

  test('the mean, the default, divides both by the number of examples, not of elements', () => {
    const cost = new Euclidean();
    const { loss, cache } = cost.forward(x(), y());
    expect(cost.reduction).toBe('mean');
    expect(numbers(loss)).toBe((0 + 4 + 9 + 16) / 2 / 2);
    expect(numbers(cost.backpropToInput(cache))).toEqual([
      [0, -1],
      [1.5, -2],
    ]);
  });

  test('changes neither input nor target, leaks no tensor, and allows two forwards', () => {
    const [input, target] = [x(), y()];
    const cost = new Euclidean({ reduction: 'sum' });
    expectNoLeak(() => {
      const first = cost.forward(input, target);
      const second = cost.forward(target, input);
      const gradInput = cost.backpropToInput(first.cache);
      expect(numbers(gradInput)).toEqual([
        [0, -2],
        [3, -4],
      ]);
      disposeTensors([first, second, gradInput]);
    });
    expect([numbers(input), numbers(target)]).toEqual([numbers(x()), numbers(y())]);
  });
});

describeCostFixture('euclidean', (options: EuclideanOptions) => new Euclidean(options));

const cost = new Euclidean();

describeRefusals([
  [
    'Euclidean: unknown option reductions; did you mean reduction?',
    () => new Euclidean({ ...({ reductions: 'sum' } as object) }),
  ],
  [
    'Euclidean.forward: expected target of shape [4, 1], got [4]', // tfjs would make a 4x4 matrix of it
    () => cost.forward(blank([4, 1]), blank([4])),
  ],
  [
    'Euclidean.forward: expected input of dtype float32, got int32',
    () => cost.forward(blank([4], 'int32'), blank([4])),
  ],
  [
    'Euclidean.forward: expected target of dtype float32, got int32',
    () => cost.forward(blank([4]), blank([4], 'int32')),
  ],
  [
    'Euclidean: expected reduction to be one of "mean", "sum", got "none"',
    () => new Euclidean({ reduction: 'none' as Reduction }),
  ],
]);
