import * as tf from '@tensorflow/tfjs-core';
import { values } from '../../lib/init/initializers.ts';
import { PReLU } from '../../modules/prelu.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { atEach, describeElementwise } from '../support/elementwise.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';
import { useBackend } from '../../lib/backend/useBackend.ts';

const two = () => new PReLU(2, { init: values([0.5, -2]) });

eachBackend('by hand', () => {
  test('one slope for all channels: its gradient is the sum over all elements', () => {
    const box = new PReLU(1, { init: 0.5 });
    const x = tf.tensor2d([
      [-2, 0, 3],
      [4, -6, -8],
    ]);
    const { output, cache } = box.forward(x);
    expect(numbers(output)).toEqual([
      [-1, 0, 3],
      [4, -3, -4],
    ]);
    const g = tf.tensor2d([
      [1, 2, 3],
      [4, -5, 6],
    ]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([
      [0.5, 1, 3],
      [4, -2.5, 3],
    ]);
    expect(numbers(box.backpropToParams(g, cache).weight)).toEqual([-2 * 1 + -6 * -5 + -8 * 6]);
  });

  test('one slope per channel: its gradient is the sum over the channel', () => {
    const box = two();
    const x = tf.tensor3d([
      [
        [-2, -1],
        [3, -4],
      ],
    ]);
    const { output, cache } = box.forward(x);
    expect(numbers(output)).toEqual([
      [
        [-1, 2],
        [3, 8],
      ],
    ]);
    const g = tf.tensor3d([
      [
        [1, 10],
        [100, 1000],
      ],
    ]);
    expect(numbers(box.backpropToInput(g, cache))).toEqual([
      [
        [0.5, -20],
        [100, -2000],
      ],
    ]);
    expect(numbers(box.backpropToParams(g, cache).weight)).toEqual([-2, -10 - 4000]);
  });

  test('at 0 the output is 0 and the derivative is the slope', () => {
    const box = new PReLU(1, { init: 0.375 });
    expect(atEach(box, [0])).toEqual({ outputs: [0], slopes: [0.375] });
    const { output, cache } = box.forward(tf.zeros([3]));
    expectAllClose(box.backpropToParams(tf.onesLike(output), cache).weight, {
      shape: [1],
      values: [0],
    });
  });

  test('large inputs', () => {
    const at = atEach(new PReLU(), [-1e4, -100, 100, 1e4]);
    expect(at).toEqual({ outputs: [-2500, -25, 100, 1e4], slopes: [0.25, 0.25, 1, 1] });
  });
});

test('starts with slopes of 0.25', async () => {
  await useBackend('cpu');
  expect(numbers(new PReLU(3).params.weight)).toEqual([0.25, 0.25, 0.25]);
});

describeFixture('prelu', (numParameters: number) => new PReLU(numParameters));

describeElementwise(() => new PReLU());

test('facts: each element by itself; a does not decay', async () => {
  await useBackend('cpu');
  const facts = { outputShape: [3, 5, 2], window: 'elementwise', multiplyAdds: 0 };
  expect(two().facts([[3, 5, 2]])).toEqual(facts);
  expect(two().noDecay).toEqual(['weight']);
});

describeRefusals([
  ['PReLU: unknown option a; expected one of init, rng', () => new PReLU(2, { a: 0.1 } as never)],
  ['PReLU.forward: expected input of shape [..., 2], got [2, 3]', () => two().facts([[2, 3]])],
  [
    'PReLU.forward: expected input of shape [..., 2], got [2, 3]',
    () => two().forward(blank([2, 3])),
  ],
  [
    'PReLU.forward: expected input of shape [..., 2], got [2, 1]',
    () => two().forward(blank([2, 1])),
  ],
  [
    'PReLU.backpropToParams: expected gradOutput of shape [3, 2], got [3, 1]',
    () => two().backpropToParams(blank([3, 1]), two().forward(blank([3, 2])).cache),
  ],
  ['PReLU: expected numParameters to be an integer of at least 1, got 0', () => new PReLU(0)],
  ['PReLU: expected init to be a finite number, got NaN', () => new PReLU(1, { init: NaN })],
  [
    'PReLU: weight: expected 2 initial values for shape [2], got 3',
    () => new PReLU(2, { init: values([1, 2, 3]) }),
  ],
]);
