import * as tf from '@tensorflow/tfjs-core';
import {
  Arithmetic,
  type ArithmeticOperation,
  type ArithmeticOptions,
} from '../../modules/arithmetic.ts';
import { values } from '../../lib/init/initializers.ts';
import { numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

const made = (operation: ArithmeticOperation) =>
  new Arithmetic(operation, { shape: [2], init: values([2, 4]) });

eachBackend('by hand', () => {
  test.each([
    { operation: 'add', output: [10, -4], input: [1, 10], operand: [1, 10] },
    { operation: 'subtract', output: [6, -12], input: [1, 10], operand: [-1, -10] },
    { operation: 'subtractFrom', output: [-6, 12], input: [-1, -10], operand: [1, 10] },
    { operation: 'multiply', output: [16, -32], input: [2, 40], operand: [8, -80] },
    { operation: 'divide', output: [4, -2], input: [0.5, 2.5], operand: [-2, 5] },
    { operation: 'divideInto', output: [0.25, -0.5], input: [-2 / 64, -0.625], operand: [1 / 8, -1.25] }, // prettier-ignore
  ] as const)('$operation', ({ operation, output, input, operand }) => {
    const box = made(operation);
    const run = box.forward(tf.tensor2d([[8, -8]]));
    const g = tf.tensor2d([[1, 10]]);
    expect(numbers(run.output)).toEqual([output]);
    expect(numbers(box.backpropToInput(g, run.cache))).toEqual([input]);
    const { operand: grad } = box.backpropToParams(g, run.cache);
    expect(numbers(grad)).toEqual(operand);
  });

  test.each([
    { operation: 'power', init: 2, output: [9, 1, 4], grad: [6, -20, 400] },
    { operation: 'max', init: 2, output: [3, 2, 2], grad: [1, 0, 100] },
    { operation: 'min', init: 2, output: [2, -1, 2], grad: [0, 10, 100] },
  ] as const)('$operation with $init, also at the tie', ({ operation, init, output, grad }) => {
    const box = new Arithmetic(operation, { init });
    const run = box.forward(tf.tensor2d([[3, -1, 2]]));
    expect(numbers(run.output)).toEqual([output]);
    expect(numbers(box.backpropToInput(tf.tensor2d([[1, 10, 100]]), run.cache))).toEqual([grad]);
    expect([box.params, box.buffers, box.backpropToParams(run.output, run.cache)]).toEqual([{}, {}, {}]); // prettier-ignore
  });

  test('an operand of rows is repeated over the columns and the batch', () => {
    const box = new Arithmetic('multiply', { shape: [2, 1], init: values([3, 5]) });
    const { output, cache } = box.forward(tf.ones([4, 2, 3]));
    expect(numbers(output)).toEqual(Array(4).fill([Array(3).fill(3), Array(3).fill(5)]));
    expect(numbers(box.backpropToParams(output, cache).operand)).toEqual([[36], [60]]);
  });

  test('NaN stays NaN', () => {
    for (const operation of ['add', 'divide', 'max', 'min', 'power'] as const) {
      const box = new Arithmetic(operation, { init: 2 });
      expect(numbers(box.infer(tf.tensor2d([[NaN]])))).toEqual([[NaN]]);
    }
  });
});

describeFixture(
  'arithmetic',
  (operation: ArithmeticOperation, options: ArithmeticOptions) =>
    new Arithmetic(operation, options),
);

describeContract(
  () => made('divide'),
  () => [tf.ones([4, 3, 2]), tf.ones([2, 2])],
);

test('facts: each element by itself; the operand does not decay', () => {
  const facts = { outputShape: [4, 5, 2], window: 'elementwise', multiplyAdds: 0 };
  expect(made('add').facts([[4, 5, 2]])).toEqual(facts);
  expect(made('add').noDecay).toEqual(['operand']);
  expect(Object.keys(new Arithmetic('add', { trainable: false }).buffers)).toEqual(['operand']);
  const described = [made('add'), new Arithmetic('max', { init: 3 })].map((box) => box.describe());
  expect(described).toEqual(['Arithmetic: add [2]', 'Arithmetic: max 3']);
});

describeRefusals([
  [
    'Arithmetic.forward: expected input without an axis of size 0, got shape [0, 2]',
    () => made('add').forward(blank([0, 2])),
  ],
  [
    'Arithmetic: expected operation to be one of "add", "subtract", "subtractFrom", "multiply", "divide", "divideInto", "power", "max", "min", got "plus"',
    () => new Arithmetic('plus' as never),
  ],
  [
    'Arithmetic: unknown option inti; did you mean init?',
    () => new Arithmetic('add', { inti: 3 } as never),
  ],
  [
    'Arithmetic: expected only a number init with "power", got shape [2]',
    () => new Arithmetic('power', { shape: [2] }),
  ],
  ['Arithmetic: expected init to be a finite number, got NaN', () => new Arithmetic('max', { init: NaN })], // prettier-ignore
  [
    'Arithmetic: expected shape to be an integer of at least 1, got 0',
    () => new Arithmetic('add', { shape: [0] }),
  ],
  [
    'Arithmetic.forward: expected input of shape [N, ..., 2], got [4, 3]',
    () => made('add').forward(blank([4, 3])),
  ],
  [
    'Arithmetic.forward: expected input of shape [N, ..., 2], got [2]',
    () => made('add').facts([[2]]),
  ],
  [
    'Arithmetic.forward: expected input of dtype float32, got int32',
    () => made('add').forward(blank([4, 2], 'int32')),
  ],
  [
    'Arithmetic.backpropToInput: expected gradOutput of shape [4, 2], got [4, 1]',
    () => made('add').backpropToInput(blank([4, 1]), made('add').forward(blank([4, 2])).cache),
  ],
  [
    'Arithmetic.backpropToParams: expected gradOutput of shape [4, 2], got [1, 2]',
    () => made('add').backpropToParams(blank([1, 2]), made('add').forward(blank([4, 2])).cache),
  ],
]);
