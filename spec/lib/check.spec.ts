import * as tf from '@tensorflow/tfjs-core';
import * as check from '../../lib/check.ts';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { messageOf } from '../support/compare.ts';
import { blank, describeRefusals, disposed } from '../support/refusals.ts';

class Toy {}
const box = new Toy();

test('nameOf is the name of the class', () => {
  expect(check.nameOf(box)).toBe('Toy');
});

describe('accepts', () => {
  beforeAll(() => useBackend('cpu'));

  test.each<[string, () => void]>([
    ['any size for a letter', () => check.checkTensor(box, 'f', 'x', blank([4, 3]), ['N', 3])],
    [
      'another dtype where asked for',
      () => check.checkTensor(box, 'f', 'x', blank([2], 'int32'), ['N'], 'int32'),
    ],
    ['an input of any shape', () => check.checkInput(box, blank([2, 3, 4]), 2)],
    [
      'a gradient of the shape of the output',
      () => check.checkGradOutput(box, 'backprop', blank([2]), [2]),
    ],
    ['a size', () => check.checkSize(box, 'n', 1)],
    ['a size of 0 where that is the least', () => check.checkSize(box, 'n', 0, 0)],
    ['a choice', () => check.checkChoice(box, 'mode', 'b', ['a', 'b'])],
    ['a number', () => check.checkNumber(box, 'slope', -1e9)],
    ['the least number', () => check.checkNumber(box, 'eps', 0, 0)],
    ['a number above 0', () => check.checkPositive(box, 'eps', 1e-300)],
    ['the label to ignore', () => check.checkLabels(box, [0, -1], 5, -1)],
    ['labels', () => check.checkLabels(box, [0, 4], 5)],
    ['probabilities', () => check.checkProbabilities(box, [0, 1, 0.5])],
  ])('%s', (_, run) => {
    expect(run).not.toThrow();
  });
});

describeRefusals([
  [
    'Toy.f: expected x to be a tensor, got undefined',
    () => check.checkTensor(box, 'f', 'x', undefined as never, []),
  ],
  [
    'Toy.f: expected x to be alive, got a disposed tensor',
    () => check.checkTensor(box, 'f', 'x', disposed([2]), [2]),
  ],
  [
    'Toy.f: expected x of shape [N, 3], got [3]',
    () => check.checkTensor(box, 'f', 'x', blank([3]), ['N', 3]),
  ],
  [
    'Toy.f: expected x of shape [N, 3], got [2, 4]',
    () => check.checkTensor(box, 'f', 'x', blank([2, 4]), ['N', 3]),
  ],
  [
    'Toy.f: expected x of shape [], got [1]',
    () => check.checkTensor(box, 'f', 'x', blank([1]), []),
  ],
  [
    'Toy.f: expected x without an axis of size 0, got shape [0, 3]',
    () => check.checkTensor(box, 'f', 'x', blank([0, 3]), ['N', 3]),
  ],
  [
    'Toy.forward: expected input without an axis of size 0, got shape [2, 0]',
    () => check.checkInput(box, blank([2, 0])),
  ],
  [
    'Toy.forward: expected input without an axis of size 0, got shape [0, 3]',
    () => check.checkTrailingShape(box, blank([0, 3]), [3]),
  ],
  [
    'Toy.f: expected x of dtype float32, got bool',
    () => check.checkTensor(box, 'f', 'x', tf.tensor1d([true]), [1]),
  ],
  [
    'Toy.forward: expected input of rank 3 or more, got shape [2, 4]',
    () => check.checkInput(box, blank([2, 4]), 3),
  ],
  [
    'Toy.forward: expected input to be a tensor, got null',
    () => check.checkInput(box, null as never),
  ],
  [
    'Toy.backprop: expected gradOutput of shape [2], got [2, 1]',
    () => check.checkGradOutput(box, 'backprop', blank([2, 1]), [2]),
  ],
  ['Toy: expected n to be an integer of at least 1, got 0', () => check.checkSize(box, 'n', 0)],
  ['Toy: expected n to be an integer of at least 3, got 2', () => check.checkSize(box, 'n', 2, 3)],
  ['Toy: expected n to be an integer of at least 1, got NaN', () => check.checkSize(box, 'n', NaN)],
  [
    'Toy: expected n to be an integer of at least 1, got "3"',
    () => check.checkSize(box, 'n', '3' as never),
  ],
  [
    'Toy: expected mode to be one of "a", "b", got "c"',
    () => check.checkChoice<string>(box, 'mode', 'c', ['a', 'b']),
  ],
  [
    'Toy: expected slope to be a finite number, got NaN',
    () => check.checkNumber(box, 'slope', NaN),
  ],
  [
    'Toy: expected slope to be a finite number, got "1"',
    () => check.checkNumber(box, 'slope', '1' as never),
  ],
  [
    'Toy: expected eps to be a number of at least 0, got -1',
    () => check.checkNumber(box, 'eps', -1, 0),
  ],
  ['Toy: expected eps to be a number above 0, got 0', () => check.checkPositive(box, 'eps', 0)],
  [
    'Toy: expected eps to be a number above 0, got "1"',
    () => check.checkPositive(box, 'eps', '1' as never),
  ],
  [
    'Toy: expected p to be a number from 0 to below 1, got "0.5"',
    () => check.checkShare(box, 'p', '0.5' as never),
  ],
  ['Toy: expected eps to be a number above 0, got NaN', () => check.checkPositive(box, 'eps', NaN)],
  [
    'Toy: expected eps to be a number above 0, got Infinity',
    () => check.checkPositive(box, 'eps', Infinity),
  ],
  [
    'Toy.forward: expected labels from 0 to 4 or -1, got -2 at index 1',
    () => check.checkLabels(box, [-1, -2], 5, -1),
  ],
  [
    'Toy.forward: expected labels from 0 to 4, got 5 at index 0',
    () => check.checkLabels(box, [5], 5, 2),
  ],
  [
    'Toy.forward: expected target probabilities of at least 0, got Infinity at index 0',
    () => check.checkProbabilities(box, [Infinity]),
  ],
  [
    'Toy.forward: expected target probabilities from 0 to 1, got 1.5 at index 1',
    () => check.checkProbabilities(box, [1, 1.5], 1),
  ],
  [
    'Toy.forward: expected labels from 0 to 4, got 5 at index 1',
    () => check.checkLabels(box, [4, 5], 5),
  ],
  [
    'Toy.forward: expected labels from 0 to 4, got NaN at index 0',
    () => check.checkLabels(box, [NaN], 5),
  ],
  [
    'Toy.forward: expected target probabilities of at least 0, got -1 at index 1',
    () => check.checkProbabilities(box, [0, -1]),
  ],
]);

test('a shape is checked before the dtype', async () => {
  await useBackend('cpu');
  expect(messageOf(() => check.checkTensor(box, 'f', 'x', blank([3], 'int32'), [2]))).toBe(
    'Toy.f: expected x of shape [2], got [3]',
  );
});
