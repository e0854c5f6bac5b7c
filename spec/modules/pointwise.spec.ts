import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { values } from '../../lib/init/initializers.ts';
import { Pointwise } from '../../modules/pointwise.ts';
import { expectAllClose, expectNoLeak, numbers, type Packed } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { eachBackend, loadFixture, tensorOf } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const square = (x: tf.Tensor) => tf.square(x);
const twice = (x: tf.Tensor) => tf.mul(x, 2);

/** A Pointwise box with h(x) = x² and b = [1 -1]. */
const squares = () => new Pointwise(2, square, twice, { init: values([1, -1]) });

eachBackend('by hand', () => {
  const x = () =>
    tf.tensor2d([
      [1, 2],
      [3, 4],
    ]); // x + b = [2 1; 4 3]
  const g = () =>
    tf.tensor2d([
      [1, 10],
      [2, 20],
    ]);

  test("a user's h and h'", () => {
    const box = squares();
    const { output, cache } = box.forward(x());
    expect(numbers(output)).toEqual([
      [4, 1],
      [16, 9],
    ]);
    const gradInput = [
      [1 * 4, 10 * 2],
      [2 * 8, 20 * 6],
    ];
    const gradBias = [4 + 16, 20 + 120];
    expect(numbers(box.backpropToInput(g(), cache))).toEqual(gradInput);
    expect(numbers(box.backpropToParams(g(), cache).bias)).toEqual(gradBias);
    const both = box.backprop(g(), cache);
    expect(numbers(both.gradInput)).toEqual(gradInput);
    expect(numbers(both.gradParams.bias)).toEqual(gradBias);
  });

  test('without bias', () => {
    const box = new Pointwise(2, square, twice, { bias: false });
    const { output, cache } = box.forward(x());
    expect(numbers(output)).toEqual([
      [1, 4],
      [9, 16],
    ]);
    expect(box.params).toEqual({});
    expect(box.backpropToParams(g(), cache)).toEqual({});
    expect(box.backprop(g(), cache).gradParams).toEqual({});
  });

  test('a bias of [channels] sums over batch and positions, one of [height, channels] over the batch', () => {
    const images = tf.ones([2, 3, 2]);
    const flat = new Pointwise(2, square, twice);
    expect(numbers(flat.backpropToParams(images, flat.forward(images).cache).bias)).toEqual([
      12, 12,
    ]);
    const each = new Pointwise([3, 2], square, twice);
    const fours = [
      [4, 4],
      [4, 4],
      [4, 4],
    ];
    const { cache } = each.forward(images);
    expect(numbers(each.backpropToParams(images, cache).bias)).toEqual(fours);
    expect(numbers(each.backprop(images, cache).gradParams.bias)).toEqual(fours);
  });

  test('if h returns its argument, output and cache are still separate tensors', () => {
    expectNoLeak(() => {
      const box = new Pointwise(
        2,
        (x) => x,
        (x) => tf.add(tf.mul(x, 0), 1),
        { bias: false },
      );
      const [input, gradOutput] = [x(), g()];
      const { output, cache } = box.forward(input);
      output.dispose();
      const gradInput = box.backpropToInput(gradOutput, cache);
      expect(numbers(gradInput)).toEqual(numbers(gradOutput));
      tf.dispose([input, gradOutput, gradInput, cache.shifted]);
    });
  });

  test('with tanh it equals the box Tanh', () => {
    const box = new Pointwise(3, tf.tanh, (x) => tf.sub(1, tf.square(tf.tanh(x))), { bias: false });
    interface Case {
      input: Packed;
      gradOutput: Packed;
      output: Packed;
      gradInput: Packed;
    }
    const [matrix] = loadFixture<Case>('tanh');
    const { output, cache } = box.forward(tensorOf(matrix.input));
    expectAllClose(output, matrix.output);
    expectAllClose(box.backpropToInput(tensorOf(matrix.gradOutput), cache), matrix.gradInput);
  });
});

describeContract(squares, () => [tf.ones([3, 2]), tf.ones([2, 4, 2])]);

const cache = () => squares().forward(blank([3, 2])).cache;

test('facts: each element by itself; the bias does not decay', async () => {
  await useBackend('cpu');
  const box = new Pointwise([5, 2], square, twice);
  const facts = { outputShape: [3, 5, 2], window: 'elementwise', multiplyAdds: 0 };
  expect(box.facts([[3, 5, 2]])).toEqual(facts);
  expect(box.noDecay).toEqual(['bias']);
});

describeRefusals([
  [
    'Pointwise: unknown option biass; did you mean bias?',
    () => new Pointwise(2, square, twice, { biass: false } as never),
  ],
  [
    'Pointwise.forward: expected input of rank 2 or more, got shape [2]',
    () => new Pointwise(2, square, twice).facts([[2]]),
  ],
  [
    'Pointwise.forward: expected input of shape [..., 2], got [2, 3]',
    () => new Pointwise(2, square, twice).facts([[2, 3]]),
  ],
  [
    'Pointwise.forward: expected input of rank 2 or more, got shape [2]',
    () => squares().forward(blank([2])),
  ],
  [
    'Pointwise.forward: expected input of shape [..., 2], got [2, 3]',
    () => squares().forward(blank([2, 3])),
  ],
  [
    'Pointwise.forward: expected input of shape [..., 3, 2], got [4, 1, 2]',
    () => new Pointwise([3, 2], square, twice).forward(blank([4, 1, 2])),
  ],
  [
    'Pointwise.forward: expected input of dtype float32, got int32',
    () => squares().forward(blank([3, 2], 'int32')),
  ],
  [
    'Pointwise.backpropToInput: expected gradOutput of shape [3, 2], got [3, 1]',
    () => squares().backpropToInput(blank([3, 1]), cache()),
  ],
  [
    'Pointwise: expected h to keep the shape [3, 2], got []',
    () => new Pointwise(2, (x) => tf.sum(x), twice).forward(blank([3, 2])),
  ],
  [
    'Pointwise: expected hPrime to keep the shape [3, 2], got [2, 3]',
    () => new Pointwise(2, square, (x) => tf.transpose(x)).backpropToInput(blank([3, 2]), cache()),
  ],
  [
    'Pointwise: expected shape to be an integer of at least 1, got 0',
    () => new Pointwise([3, 0], square, twice),
  ],
]);
