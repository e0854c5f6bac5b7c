import '@tensorflow/tfjs-backend-cpu';
import { dispose, memory } from '@tensorflow/tfjs-core';
import { ArrayDataset, type ArrayDatasetOptions } from '../../data/dataset.ts';
import { orderClasses } from '../../data/orderClasses.ts';
import { inputError } from '../support/inputError.ts';

const build = (options: Partial<ArrayDatasetOptions>) =>
  new ArrayDataset({
    name: 'toy',
    inputs: Uint8Array.of(0, 51, 102, 153, 204, 255),
    inputShape: [1, 2, 1],
    labels: [2, 0, 1],
    classes: 3,
    ...options,
  });

describe('ArrayDataset', () => {
  it('keeps bytes and makes batches in the order of the indices', () => {
    const inputs = Uint8Array.of(0, 51, 102, 153, 204, 255);
    const dataset = build({ inputs });
    expect(dataset.inputs).toBe(inputs);
    expect(dataset).toMatchObject({ name: 'toy', length: 3, inputShape: [1, 2, 1], classes: 3 });

    const before = memory().numTensors;
    const { input, labels } = dataset.batch(Int32Array.of(2, 0, 2));
    expect([input.shape, input.dtype, labels.shape, labels.dtype]).toEqual([
      [3, 1, 2, 1],
      'float32',
      [3],
      'int32',
    ]);
    expect(input.dataSync()).toEqual(Float32Array.of(204 / 255, 1, 0, 0.2, 204 / 255, 1));
    expect(labels.dataSync()).toEqual(Int32Array.of(1, 2, 1));
    input.dispose();
    labels.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it.each([
    [Float32Array.of(-3, 300), undefined, [-3, 300]],
    [Int16Array.of(-3, 300), undefined, [-3, 300]],
    [Uint8Array.of(3, 30), 2, [6, 60]],
    [Float64Array.of(3, 30), 0.5, [1.5, 15]],
  ])('scales only bytes by default: %p by %p', (inputs, scale, expected) => {
    const options = {
      inputs,
      inputShape: [2],
      labels: [0],
      ...(scale === undefined ? {} : { scale }),
    };
    const { input, labels } = build(options).batch(Int32Array.of(0));
    expect([...input.dataSync()]).toEqual(expected);
    input.dispose();
    labels.dispose();
  });

  it('does not change if the label array of the caller changes', () => {
    const labels = Uint8Array.of(2, 0, 1);
    const dataset = build({ labels });
    labels.fill(9);
    expect(dataset.labels).toEqual(Int32Array.of(2, 0, 1));
  });

  it.each([
    [
      'fewer labels',
      { labels: [2, 0] },
      'toy: example 2: expected an input and a label for each example, got 3 inputs and 2 labels',
    ],
    [
      'more labels',
      { labels: [2, 0, 1, 1] },
      'toy: example 3: expected an input and a label for each example, got 3 inputs and 4 labels',
    ],
    [
      'part of an example',
      { inputs: new Uint8Array(5) },
      'toy: example 2: expected 2 values for shape [1, 2, 1], got 1',
    ],
    [
      'no examples',
      { inputs: new Uint8Array(0), labels: [] },
      'toy: expected at least one example, got none',
    ],
    [
      'label too high',
      { labels: [2, 3, 1] },
      'toy: example 1: expected a label from 0 to 2, got 3',
    ],
    [
      'label too low',
      { labels: [2, 0, -1] },
      'toy: example 2: expected a label from 0 to 2, got -1',
    ],
    [
      'label not an integer',
      { labels: [0.5, 0, 1] },
      'toy: example 0: expected a label from 0 to 2, got 0.5',
    ],
    ['label NaN', { labels: [0, NaN, 1] }, 'toy: example 1: expected a label from 0 to 2, got NaN'],
    [
      'NaN',
      { inputs: Float32Array.of(0, 1, 2, NaN, 4, 5) },
      'toy: example 1: expected inputs that are finite in single precision, got NaN',
    ],
    [
      'Infinity',
      { inputs: Float64Array.of(0, 1, 2, 3, 4, -Infinity) },
      'toy: example 2: expected inputs that are finite in single precision, got -Infinity',
    ],
    [
      'a double that no float32 holds',
      { inputs: Float64Array.of(1e39, 1, 2, 3, 4, 5) },
      'toy: example 0: expected inputs that are finite in single precision, got 1e+39',
    ],
    [
      'a bad shape',
      { inputShape: [1, 0] },
      'toy: expected an input shape of integers of at least 1, got [1, 0]',
    ],
    [
      'no classes',
      { classes: 0 },
      'toy: expected a number of classes that is an integer of at least 1, got 0',
    ],
    [
      'a name of two classes',
      { classNames: ['cat', 'dog', 'cat '] },
      'toy: expected class names that look different, got "cat" and "cat "',
    ],
    ['scale 0', { scale: 0 }, 'toy: expected a finite scale above 0, got 0'],
    ['scale NaN', { scale: NaN }, 'toy: expected a finite scale above 0, got NaN'],
  ])('refuses %s', (_, options, message) => {
    expect(() => build(options)).toThrow(inputError(message));
  });

  it('refuses empty batches and unknown examples', () => {
    const dataset = build({});
    expect(() => dataset.batch(Int32Array.of())).toThrow(
      inputError('toy: batch: expected at least one index, got none'),
    );
    for (const index of [-1, 3]) {
      expect(() => dataset.batch(Int32Array.of(0, index))).toThrow(
        inputError(`toy: batch: expected an index from 0 to 2, got ${index}`),
      );
    }
  });
});

test('orderClasses gives a dataset the order of other names, if it has just these classes', async () => {
  const data = new ArrayDataset({
    name: 'pets',
    inputs: Float32Array.of(1, 2, 3),
    inputShape: [1],
    labels: [0, 1, 2],
    classes: 3,
    classNames: ['ant', 'bee', 'cow'],
  });
  const ordered = orderClasses(data, ['cow', 'ant', 'bee']);
  expect([ordered.classNames, Array.from(ordered.labels ?? [])]).toEqual([
    ['cow', 'ant', 'bee'],
    [1, 2, 0],
  ]);
  const before = memory().numTensors;
  const { input, labels } = await ordered.batch(Int32Array.of(2, 0));
  expect([Array.from(input.dataSync()), Array.from(labels.dataSync())]).toEqual([
    [3, 1],
    [0, 1],
  ]);
  dispose([input, labels]);
  expect(memory().numTensors).toBe(before);
  for (const names of [data.classNames ?? [], ['ant', 'bee'], ['ant', 'bee', 'dog']])
    expect(orderClasses(data, names)).toBe(data);
});
