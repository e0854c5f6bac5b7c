import * as tf from '@tensorflow/tfjs-core';
import { withBackend } from '../../lib/backend/useBackend.ts';
import { Rng } from '../../lib/rng.ts';
import { Dropout } from '../../modules/dropout.ts';
import { expectAllClose, expectNoLeak, numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeElementwise } from '../support/elementwise.ts';
import { eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const training = (seed = 0) => ({ mode: 'training', rng: new Rng(seed) }) as const;
const p = 0.3;

/**
 * A Dropout that always runs in training mode, with the same random numbers in every forward pass.
 */
class InTraining extends Dropout {
  override forward(input: tf.Tensor) {
    return super.forward(input, training());
  }
}

eachBackend('by hand', () => {
  test('in training, a unit whose random number is below p becomes 0, and others are divided by 1 − p; the same holds for gradients', () => {
    const draws = [...new Rng(7).uniforms(12)];
    const mask = draws.map((draw) => (draw < p ? 0 : 1 / 0.7));
    expect(new Set(mask).size).toBe(2);
    const x = mask.map((_, i) => i - 4.5);
    const box = new Dropout({ p });
    const { output, cache } = box.forward(tf.tensor(x, [3, 4]), training(7));
    expectAllClose(output, { shape: [3, 4], values: x.map((value, i) => value * mask[i]) });
    const g = mask.map((_, i) => 10 - 3 * i);
    const gradInput = box.backpropToInput(tf.tensor(g, [3, 4]), cache);
    expectAllClose(gradInput, { shape: [3, 4], values: g.map((value, i) => value * mask[i]) });
  });

  test.each([undefined, { mode: 'inference' }, { mode: 'inference', rng: new Rng(0) }] as const)(
    'the identity in inference: %p',
    (context) => {
      const box = new Dropout({ p });
      const x = tf.tensor2d([[1, -2, 3]]);
      const { output, cache } = box.forward(x, context);
      expect(numbers(output)).toEqual([[1, -2, 3]]);
      expect(numbers(box.backpropToInput(tf.tensor2d([[4, 5, -6]]), cache))).toEqual([[4, 5, -6]]);
      expect(context?.rng?.state.counter ?? 0).toBe(0);
    },
  );

  test('p = 0 drops nothing', () => {
    const { output } = new Dropout({ p: 0 }).forward(tf.tensor1d([1, -2, 3]), training());
    expect(numbers(output)).toEqual([1, -2, 3]);
  });

  test('the backward uses its own cache, even after another forward', () => {
    const box = new Dropout({ p });
    const x = tf.ones([50]);
    const trained = box.forward(x, training(1));
    const inferred = box.forward(x);
    box.forward(x, training(2));
    expect(numbers(box.backpropToInput(x, trained.cache))).toEqual(numbers(trained.output));
    expect(numbers(box.backpropToInput(x, inferred.cache))).toEqual(numbers(x));
  });

  test('leaves no tensor behind in training', () => {
    const x = tf.ones([5, 4]);
    expectNoLeak(() => {
      const box = new Dropout({ p });
      const { output, cache } = box.forward(x, training());
      tf.dispose([box.backpropToInput(output, cache), output]);
      tf.dispose(cache.mask ?? []);
    });
  });
});

eachBackend('statistics of 100,000 units', () => {
  const count = 100_000;
  // Five standard deviations of the dropped share.
  const slack = 5 * Math.sqrt((p * (1 - p)) / count);

  test('a share p is dropped, the rest is scaled by 1/(1 − p), and the mean is kept', () => {
    const { output } = new Dropout({ p }).forward(tf.ones([count]), training(3));
    const values = Array.from(output.dataSync());
    const dropped = values.filter((value) => value === 0).length;
    expect(Math.abs(dropped / count - p)).toBeLessThan(slack);
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / count - 1)).toBeLessThan(
      slack / 0.7,
    );
  });

  test('neighbours, and the same unit of the next example, are dropped independently', () => {
    const { output } = new Dropout({ p }).forward(tf.ones([1000, 100]), training(4));
    const dropped = Array.from(output.dataSync(), (value) => value === 0);
    for (const apart of [1, 100]) {
      const both = dropped.filter((one, i) => one && dropped[i + apart]).length;
      expect(Math.abs(both / count - p * p)).toBeLessThan(0.01);
    }
  });
});

describe('the generator', () => {
  test('the same state gives the same mask on every backend, and each forward advances the state', async () => {
    const masks: unknown[] = [];
    for (const backend of ['cpu', 'wasm', 'float64'] as const) {
      await withBackend(backend, () => {
        const [box, context, x] = [new Dropout({ p }), training(5), tf.ones([40])];
        const dropped = () =>
          Array.from(box.forward(x, context).output.dataSync(), (value) => value === 0);
        const [first, second] = [dropped(), dropped()];
        expect(first).not.toEqual(second);
        expect(context.rng.state.counter).toBe(80);
        masks.push([first, second]);
      });
    }
    expect(masks[1]).toEqual(masks[0]);
    expect(masks[2]).toEqual(masks[0]);
  });
});

describeElementwise(() => new Dropout(), { window: 'identity' });

describeContract(
  () => new InTraining({ p }),
  () => [tf.reshape(tf.linspace(-2, 2, 12), [4, 3]), tf.reshape(tf.linspace(-1, 3, 10), [2, 5])],
);

test('describes itself with p', () => {
  expect(new Dropout({ p }).describe()).toBe('Dropout 0.3');
});

describeRefusals([
  [
    'Dropout: expected options in braces, such as { p: ... }, got 0.3',
    () => new Dropout(0.3 as never),
  ],
  ['Dropout: unknown option rate; expected one of p', () => new Dropout({ rate: 0.5 } as never)],
  [
    'Dropout.forward: expected context.mode to be one of "training", "inference", got "train"',
    () => new Dropout().forward(blank([2, 3]), { mode: 'train' as 'training', rng: new Rng(0) }),
  ],
  [
    'Dropout.forward: expected context.rng, such as new Rng(0), to draw the mask from in training, got undefined',
    () => new Dropout().forward(blank([2, 3]), { mode: 'training' }),
  ],
  ['Dropout: expected p to be at least 0 and below 1, got 1', () => new Dropout({ p: 1 })],
  ['Dropout: expected p to be at least 0 and below 1, got -0.1', () => new Dropout({ p: -0.1 })],
  ['Dropout: expected p to be at least 0 and below 1, got NaN', () => new Dropout({ p: NaN })],
]);
