import type * as tf from '@tensorflow/tfjs-core';
import type { Cost } from '../../lib/cost.ts';
import { disposeTensors } from '../../lib/memory.ts';
import { expectAllClose, expectNoLeak, numbers } from './compare.ts';
import { eachBackend } from './fixtures.ts';

/** An input and its target. */
type Batch<In, Target> = readonly [In, Target];

/**
 * Tests the contract that every cost keeps.
 *
 * @param batches two batches with different numbers of examples.
 */
export function describeCostContract<In extends tf.Tensor, Target extends tf.Tensor, Cache>(
  make: (options?: { reduction: 'mean' | 'sum' }) => Cost<In, Target, Cache>,
  batches: () => Batch<In, Target>[],
): void {
  eachBackend('keeps the contract of a cost', () => {
    test('the default is the mean: the sum divided by the number of examples', () => {
      const [mean, sum] = [make(), make({ reduction: 'sum' })];
      expect([mean.reduction, sum.reduction]).toEqual(['mean', 'sum']);
      for (const [input, target] of batches()) {
        const [ofMean, ofSum] = [mean.forward(input, target), sum.forward(input, target)];
        const divided = (tensor: tf.Tensor) => ({
          shape: tensor.shape,
          values: Array.from(tensor.dataSync(), (value) => value / input.shape[0]),
        });
        expectAllClose(ofMean.loss, divided(ofSum.loss), 'loss');
        const gradient = sum.backpropToInput(ofSum.cache);
        expectAllClose(mean.backpropToInput(ofMean.cache), divided(gradient), 'gradInput');
      }
    });

    test('changes neither input nor target, leaves no tensor behind, and may run twice', () => {
      const cost = make();
      const [[input, target], [otherInput, otherTarget]] = batches();
      const before = [numbers(input), numbers(target)];
      const alone = numbers(cost.backpropToInput(cost.forward(input, target).cache));
      expectNoLeak(() => {
        const first = cost.forward(input, target);
        const second = cost.forward(otherInput, otherTarget);
        const gradInput = cost.backpropToInput(first.cache);
        const again = cost.backpropToInput(first.cache);
        expect([numbers(gradInput), numbers(again)]).toEqual([alone, alone]);
        disposeTensors([first, second, gradInput, again]);
      });
      expect([numbers(input), numbers(target)]).toEqual(before);
    });

    test('input, target, loss and gradient may be disposed before the next backward', () => {
      const cost = make();
      const [[input, target]] = batches();
      const expected = numbers(cost.backpropToInput(cost.forward(input, target).cache));
      const { loss, cache } = cost.forward(input, target);
      disposeTensors([input, target, loss, cost.backpropToInput(cache)]);
      expect(numbers(cost.backpropToInput(cache))).toEqual(expected);
    });
  });
}
