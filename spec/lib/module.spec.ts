import { inspect } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { Rng } from '../../lib/rng.ts';
import { Branch } from '../../modules/container/branch.ts';
import { Graph } from '../../modules/container/graph.ts';
import { Residual } from '../../modules/container/residual.ts';
import { Sequential } from '../../modules/container/sequential.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { Dropout } from '../../modules/dropout.ts';
import { Linear } from '../../modules/linear.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { ReLU } from '../../modules/relu.ts';
import { Sum } from '../../modules/sum.ts';
import { values } from '../../lib/init/initializers.ts';
import type { Module } from '../../lib/module.ts';
import { forwardBox } from '../../lib/runBox.ts';
import { eachBackend } from '../support/fixtures.ts';
import { messageOf } from '../support/compare.ts';
import { useBackend } from '../../lib/backend/useBackend.ts';

eachBackend('predict', () => {
  const network = () =>
    new Sequential([new Linear(2, 3, { init: values([[1, 2], [0, -1], [3, 0]]) }), new ReLU()]); // prettier-ignore

  test('takes nested arrays or a tensor, returns plain values, and leaks no tensor', async () => {
    const box = network();
    const input = tf.tensor2d([[1, 2], [-3, 0.5]]); // prettier-ignore
    const before = tf.memory().numTensors;
    const expected = { shape: [2, 3], values: [5, 0, 3, 0, 0, 0] };
    for (const given of [
      [
        [1, 2],
        [-3, 0.5],
      ],
      input,
    ]) {
      // prettier-ignore
      const { shape, values } = await box.predict(given);
      expect({ shape, values: Array.from(values) }).toEqual(expected);
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a call that fails leaks no tensor', async () => {
    const box = network();
    const before = tf.memory().numTensors;
    const told = (input: number[][]) => box.predict(input).catch((error: Error) => error.message);
    expect(await told([[1, 2, 3]])).toBe(
      'Sequential[0] > Linear.forward: expected input of shape [N, 2], got [1, 3]',
    );
    expect(await told([[1, 2], [3]])).toBe(
      'predict: expected entries of one shape, got [2] and [1]',
    );
    expect(await told('[1, 2]' as never)).toBe(
      'predict: expected a tensor or nested arrays of numbers, got "[1, 2]"',
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a graph of several inputs takes a list; one of several outputs is refused', async () => {
    const graph = (outputs: string | string[]) =>
      new Graph<string[], string | string[]>({
        inputs: ['a', 'b'],
        nodes: [
          ['relu', new ReLU(), 'sum'],
          ['sum', new Sum(), ['a', 'b']],
        ],
        outputs,
      });
    const input = [[[1, 2]], [[-3, 4]]]; // prettier-ignore
    const before = tf.memory().numTensors;
    const { shape, values } = await graph('relu').predict(input);
    expect([shape, Array.from(values)]).toEqual([[1, 2], [0, 6]]); // prettier-ignore
    expect(
      await graph(['sum', 'relu'])
        .predict(input)
        .catch((error: Error) => error.message),
    ).toBe('predict: expected a box that returns one tensor, got [Tensor, Tensor]; call infer');
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('as text', () => {
  beforeAll(() => useBackend('cpu'));
  const rng = new Rng(0);
  const image = (box: unknown) => box as Module;

  test('a box prints its settings', () => {
    expect(String(new Linear(2, 3, { rng }))).toBe(
      'Linear(inFeatures: 2, outFeatures: 3, params: { weight: [3, 2], bias: [3] })',
    );
    expect(String(new Linear(2, 3, { rng, bias: false }))).toBe(
      'Linear(inFeatures: 2, outFeatures: 3, params: { weight: [3, 2] })',
    );
    expect(String(new ReLU())).toBe('ReLU()');
    expect(String(new MaxPool2D(3, { stride: 2 }))).toBe(
      'MaxPool2D(kernelSize: [3, 3], stride: [2, 2], padding: "valid", dilation: [1, 1], ceilMode: false)',
    );
  });

  test('String(network) and console.log(network) print the chain, indented', () => {
    const network = new Sequential({
      stem: image(new Conv2D(1, 4, 3, { padding: 1, rng })),
      block: new Residual(new Sequential([new Dropout({ p: 0.3 })])),
      sides: new Branch([new ReLU()], { merge: 'sum' }),
    });
    const text = `Sequential(
  (stem): Conv2D(inChannels: 1, outChannels: 4, kernelSize: [3, 3], stride: [1, 1], padding: [1, 1], paddingMode: "zeros", dilation: [1, 1], groups: 1, params: { weight: [3, 3, 1, 4], bias: [4] })
  (block): Residual(
    (body): Sequential(
      (0): Dropout(p: 0.3)
    )
    (shortcut): Identity()
    (sum): Sum()
  )
  (sides): Branch(
    (0): ReLU()
    (merge): Sum()
  )
)`;
    expect(String(network)).toBe(text);
    expect(inspect(network)).toBe(text);
    expect(String(new Sequential([]))).toBe('Sequential()');
  });
});

describe('unknown names are refused', () => {
  beforeAll(() => useBackend('cpu'));

  test('options', () => {
    const rng = new Rng(0);
    expect(messageOf(() => new Conv2D(1, 2, 3, { strides: 2, rng } as never))).toBe(
      'Conv2D: unknown option strides; did you mean stride?',
    );
    expect(messageOf(() => new Linear(1, 2, { units: 2 } as never))).toBe(
      'Linear: unknown option units; expected one of bias, init, rng',
    );
  });

  test('modes, of containers too', () => {
    const network = new Sequential([new ReLU()]);
    const told = (run: () => unknown) => messageOf(run);
    const context = { mode: 'train' } as never;
    const text =
      'Sequential.forward: expected context.mode to be one of "training", "inference", got "train"';
    expect(told(() => network.forward(tf.scalar(1), context))).toBe(text);
    expect(told(() => network.infer(tf.scalar(1), context))).toBe(text);
  });

  test('a random start without a generator', () => {
    expect(messageOf(() => new Linear(2, 3))).toBe(
      'Linear: weight: expected options.rng, such as new Rng(0), to draw from, got undefined',
    );
  });
});

test('a box without options takes no arguments', () => {
  const make = (...args: unknown[]) => () => new (ReLU as new (...given: unknown[]) => ReLU)(...args); // prettier-ignore
  expect(make({ inplace: true })).toThrow('ReLU: expected no arguments, got Object');
  expect(make(2)).toThrow('ReLU: expected no arguments, got 2');
  expect(make()).not.toThrow();
});

test('a mode that does not exist is refused, also by boxes that ignore the mode', async () => {
  await useBackend('cpu');
  const context = { mode: 'train' } as never;
  const input = tf.ones([1, 2]);
  const message =
    'ReLU.forward: expected context.mode to be one of "training", "inference", got "train"';
  expect(messageOf(() => new ReLU().infer(input, context))).toBe(message);
  expect(messageOf(() => forwardBox(new ReLU(), [input], context))).toBe(message);
  expect(new ReLU().infer(input, { mode: 'training' }).shape).toEqual([1, 2]);
});
