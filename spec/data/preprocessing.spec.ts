import { safeParse } from 'valibot';
import { dispose, memory, tensor } from '@tensorflow/tfjs-core';
import {
  ContrastNorm2D,
  Flatten,
  LayerNorm,
  MaxPool2D,
  Pad2D,
  Rng,
  useBackend,
} from '../../index.ts';
import {
  ArrayDataset,
  augment,
  channelStatistics,
  crop,
  folds,
  shift,
  standardization,
  stratifiedSplit,
  mapInputs,
  type Augmentation,
  type Dataset,
} from '../../data/index.ts';
import {
  PREPROCESSING,
  parsePreprocessing,
  parseResize,
  preprocessingWords,
  resizeOf,
  applyPreprocessing,
} from '../../data/preprocessingSteps.ts';
import { resizeForShape } from '../../data/preprocess.ts';
import { inputError } from '../support/inputError.ts';

beforeAll(() => useBackend('cpu'));

/**
 * Images of two channels. In image n the first channel is 100 n + 10 y + x, and the second is
 * constant.
 */
const counted = (examples = 4, [height, width] = [3, 4]) =>
  new ArrayDataset({
    name: 'counted',
    inputs: Float32Array.from({ length: examples * height * width * 2 }, (_, i) => {
      const pixel = i >> 1;
      const [n, y, x] = [
        Math.floor(pixel / (height * width)),
        Math.floor(pixel / width) % height,
        pixel % width,
      ];
      return i % 2 === 1 ? 7 : 100 * n + 10 * y + x;
    }),
    inputShape: [height, width, 2],
    labels: Array.from({ length: examples }, (_, n) => n % 3),
    classes: 3,
  });

const read = async (data: Dataset, examples: number[], rng?: Rng) => {
  const { input, labels } = await data.batch(Int32Array.from(examples), rng);
  const found = {
    values: Array.from(input.dataSync()),
    shape: input.shape,
    labels: Array.from(labels.dataSync()),
  };
  dispose([input, labels]);
  return found;
};

describe('mapInputs', () => {
  it('maps a dataset through a box, with its output shape, and leaks no tensor', async () => {
    const before = memory().numTensors;
    const data = mapInputs(
      counted(),
      new Pad2D([
        [1, 0],
        [0, 2],
      ]),
    );
    expect(data).toMatchObject({ name: 'counted', length: 4, classes: 3, inputShape: [4, 6, 2] });
    const { values, shape, labels } = await read(data, [2, 1]);
    expect([shape, labels]).toEqual([
      [2, 4, 6, 2],
      [2, 1],
    ]);
    expect(values.slice(0, 12)).toEqual(Array.from({ length: 12 }, () => 0));
    expect(values.slice(12, 24)).toEqual([200, 7, 201, 7, 202, 7, 203, 7, 0, 0, 0, 0]);
    expect(memory().numTensors).toBe(before);
  });

  it('passes the generator to the box', async () => {
    const moved = augment(counted(), [shift(1)]);
    const data = mapInputs(moved, new Flatten());
    const rng = () => new Rng(4);
    expect((await read(data, [1, 3], rng())).values).toEqual(
      (await read(moved, [1, 3], rng())).values,
    );
    expect((await read(data, [1, 3], rng())).values).not.toEqual((await read(data, [1, 3])).values);
  });

  it('leaks no tensor if the box refuses a batch', async () => {
    const source = counted();
    const larger = counted(4, [4, 4]);
    let batch = (examples: Int32Array) => source.batch(examples);
    const data = mapInputs(
      { ...fieldsOf(source), batch: (examples) => batch(examples) },
      new LayerNorm([3, 4, 2]),
    );
    const before = memory().numTensors;
    batch = (examples) => larger.batch(examples);
    await expect(data.batch(Int32Array.of(0))).rejects.toThrow(/^LayerNorm/);
    expect(memory().numTensors).toBe(before);
    expect(() => mapInputs(source, new MaxPool2D(9))).toThrow(/^MaxPool2D/);
  });
});

const fieldsOf = ({ name, length, classes, inputShape }: ArrayDataset) => ({
  name,
  length,
  classes,
  inputShape,
});

describe('standardization', () => {
  it('gives channels mean 0 and standard deviation 1, and constant channels 0', async () => {
    const data = counted(1, [1, 4]);
    const statistics = await channelStatistics(data);
    // The values 0, 1, 2, 3 have mean 1.5 and mean squared deviation 5/4.
    expect(statistics).toEqual({ mean: [1.5, 7], std: [Math.sqrt(1.25), 0] });
    const box = standardization(statistics);
    const { values } = await read(mapInputs(data, box), [0]);
    const unit = 1 / Math.sqrt(1.25);
    [-1.5, 0, -0.5, 0, 0.5, 0, 1.5, 0].forEach((value, i) =>
      expect(values[i]).toBeCloseTo(value * unit, 6),
    );
    box.dispose();
  });

  it('is precise for a large mean, over more than one batch', async () => {
    const inputs = Float32Array.from({ length: 2300 }, (_, i) => 4096 + (i % 2));
    const labels = inputs.map(() => 0);
    const data = new ArrayDataset({ name: 'far', inputs, inputShape: [1], labels, classes: 1 });
    const { mean, std } = await channelStatistics(data);
    expect(mean[0]).toBeCloseTo(4096.5, 9);
    expect(std[0]).toBeCloseTo(0.5, 9);
  });

  it.each([
    [
      { mean: [0, 1], std: [1, 1e-40] },
      'expected 1/std and mean/std that are finite in single precision, ' +
        'got mean 1 and std 1e-40 of channel 1',
    ],
    [{ mean: [1], std: [1, 2] }, 'expected a mean and a std for each channel, got 1 and 2'],
    [{ mean: [], std: [] }, 'expected a mean and a std for each channel, got 0 and 0'],
    [{ mean: [NaN], std: [1] }, 'expected finite means, and stds of at least 0, got NaN'],
    [{ mean: [1], std: [-2] }, 'expected finite means, and stds of at least 0, got -2'],
  ])('refuses %j', (statistics, message) => {
    expect(() => standardization(statistics)).toThrow(inputError(`standardization: ${message}`));
  });
});

describe('crop', () => {
  it('crops the middle, and in training a position that depends only on the generator', async () => {
    const data = crop(counted(), [2, 1]);
    expect(data.inputShape).toEqual([2, 1, 2]);
    expect(await read(data, [3, 0])).toEqual({
      values: [301, 7, 311, 7, 1, 7, 11, 7],
      shape: [2, 2, 1, 2],
      labels: [0, 0],
    });
    const examples = Array.from({ length: 200 }, (_, i) => i % 4);
    const { values } = await read(data, examples, new Rng(1));
    const corners = new Set(examples.map((_, k) => values[4 * k] % 100));
    expect([...corners].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 10, 11, 12, 13]);
    expect((await read(data, examples, new Rng(1))).values).toEqual(values);
    expect((await read(data, examples, new Rng(2))).values).not.toEqual(values);
  });

  it('does not reuse the random numbers of an augmentation before it', async () => {
    const drawn: number[] = [];
    // A cropped window can start at one of two rows, so the augmentation also draws from two
    // values.
    const spy: Augmentation = (image, _, rng) => {
      drawn.push(rng.integer(2));
      return image;
    };
    const examples = Array.from({ length: 40 }, () => 0);
    const data = crop(augment(counted(), [spy]), [2, 4]);
    const { values } = await read(data, examples, new Rng(1));
    const tops = examples.map((_, k) => values[16 * k] / 10);
    expect(new Set(tops)).toEqual(new Set([0, 1]));
    expect(tops).not.toEqual(drawn);
  });

  it.each([
    [
      [4, 4],
      [3, 4, 2],
    ],
    [
      [3, 0],
      [3, 4, 2],
    ],
    [
      [1.5, 2],
      [3, 4, 2],
    ],
  ] as const)('refuses windows of %j', ([height, width], shape) => {
    const message = `counted: expected images of at least ${height}x${width} pixels to crop, got [${shape.join(', ')}]`;
    expect(() => crop(counted(), [height, width])).toThrow(inputError(message));
  });
});

describe('parts with the same fraction of each class', () => {
  const uneven = (examples: number) => {
    const labels = Array.from({ length: examples }, (_, n) =>
      n < examples / 10 ? 1 : n < examples / 2 ? 2 : 0,
    );
    const inputs = Float32Array.from({ length: examples }, (_, n) => n);
    return new ArrayDataset({ name: 'uneven', inputs, inputShape: [1], labels, classes: 3 });
  };
  const examplesOf = async (part: Dataset) =>
    read(
      part,
      Array.from({ length: part.length }, (_, i) => i),
    );

  it.each([
    ['folds', async () => folds(uneven(50), 4, new Rng(5)), [0.25, 0.25, 0.25, 0.25]],
    [
      'stratifiedSplit',
      async () => stratifiedSplit(uneven(50), [0.6, 0.1, 0.3], new Rng(5)),
      [0.6, 0.1, 0.3],
    ],
  ] as const)('%s', async (_, make, shares) => {
    const parts = await Promise.all((await make()).map(examplesOf));
    const all = parts.flatMap(({ values }) => values).sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 50 }, (_, n) => n));
    parts.forEach(({ labels, values }, k) => {
      expect(Math.abs(labels.length - 50 * shares[k])).toBeLessThan(1);
      [25, 5, 20].forEach((count, label) => {
        const held = labels.filter((one) => one === label).length;
        expect(Math.abs(held - count * shares[k])).toBeLessThanOrEqual(1);
      });
      // The examples are chosen at random and are not the first ones.
      expect(values).not.toEqual([...values].sort((a, b) => a - b));
    });
    const again = await Promise.all((await make()).map(examplesOf));
    expect(again).toEqual(parts);
  });

  it.each([1, 2.5, 51])('refuses %d folds of 50 examples', async (count) => {
    const message = `folds: expected an integer from 2 to the 50 examples, got ${count}`;
    await expect(folds(uneven(50), count, new Rng(0))).rejects.toThrow(inputError(message));
  });

  it('refuses fractions that do not sum to 1, and empty parts', async () => {
    await expect(stratifiedSplit(uneven(50), [0.5, 0.4], new Rng(0))).rejects.toThrow(
      inputError('stratifiedSplit: expected fractions above 0 that sum to 1, got [0.5, 0.4]'),
    );
    await expect(stratifiedSplit(uneven(10), [0.999, 0.001], new Rng(0))).rejects.toThrow(
      inputError('uneven: expected at least one example, got none'),
    );
  });
});

describe('the words of --preprocess', () => {
  it('are steps in their order, which survive JSON', async () => {
    const found = await parsePreprocessing(
      ['standardize', 'pad:2', 'crop:5x6', 'contrast:3'],
      counted(),
    );
    expect(safeParse(PREPROCESSING, JSON.parse(JSON.stringify(found))).success).toBe(true);
    const { mean, std } = await channelStatistics(counted());
    expect(found).toEqual([
      { standardize: { mean, std } },
      { pad: 2 },
      { crop: [5, 6] },
      { contrast: 3 },
    ]);
    const data = applyPreprocessing(counted(), found);
    expect(data.inputShape).toEqual([5, 6, 2]);
    const byHand = mapInputs(
      crop(mapInputs(mapInputs(counted(), standardization({ mean, std })), new Pad2D(2)), [5, 6]),
      new ContrastNorm2D(2, { kernelSize: 3 }),
    );
    expect(await read(data, [1, 2])).toEqual(await read(byHand, [1, 2]));
  });

  it('refuse a window of one pixel for one channel, which leaves nothing', async () => {
    const inputs = Float32Array.of(1, 2);
    const grey = new ArrayDataset({
      name: 'grey',
      inputs,
      inputShape: [1, 1, 1],
      labels: [0, 1],
      classes: 2,
    });
    await expect(parsePreprocessing(['contrast:1'], grey)).rejects.toThrow(
      inputError(
        '--preprocess: expected contrast:3 or more for one channel, got "contrast:1", which makes every input 0',
      ),
    );
  });

  it('compute mean and deviation after the earlier steps', async () => {
    const [, { standardize }] = (await parsePreprocessing(['pad:1', 'standardize'], counted())) as [
      unknown,
      { standardize: { mean: number[] } },
    ];
    // After padding, 12 of 30 pixels have the value 7.
    expect(standardize.mean[1]).toBeCloseTo((7 * 12) / 30, 6);
  });

  it.each([
    'whiten',
    'pad',
    'pad:0',
    'pad:-1',
    'crop:3',
    'crop:3x0',
    'contrast:4',
    'contrast:',
    '',
  ])('refuse %j', async (word) => {
    const expected =
      'pad:PIXELS, crop:HEIGHTxWIDTH, contrast:SIZE (odd), standardize, normalize:MEAN/...:STD/..., imagenet, or as the first word resize:SHORTER';
    await expect(parsePreprocessing([word], counted())).rejects.toThrow(
      inputError(`--preprocess: expected ${expected}, got ${JSON.stringify(word)}`),
    );
  });

  it.each([
    [null],
    [{}],
    [[3]],
    [[{ pad: '2' }]],
    [[{ pad: 1e9 }]],
    [[{ contrast: -1 }]],
    [[{ crop: [1] }]],
    [[{ crop: [1, {}] }]],
    [[{ pad: 1.5 }]],
    [[{ standardize: { mean: [0], std: ['1'] } }]],
    [[{ standardize: { mean: [0], std: [-1] } }]],
    [[null]],
    [[{ standardize: { mean: [0] } }]],
    [[{ standardize: null }]],
    [[{ whiten: 1 }]],
    [[{ pad: 1, crop: [1, 2] }]],
    [[{}]],
  ])('are not read from %j', (value) => {
    expect(safeParse(PREPROCESSING, value).success).toBe(false);
  });
});

test('one name per class is required', () => {
  const wrong = () =>
    new ArrayDataset({
      name: 'named',
      inputs: Float32Array.of(1),
      inputShape: [1],
      labels: [0],
      classes: 2,
      classNames: ['cat'],
    });
  expect(wrong).toThrow(inputError('named: expected 2 names of classes, got 1'));
});

test('a tensor that is not one row per example is refused', () => {
  const whole = new Pad2D(1);
  const infer = () => tensor([1]);
  expect(() =>
    mapInputs(counted(2), Object.assign(whole, { infer: () => ({ a: infer() }) })),
  ).toThrow(inputError('counted: expected one row per example from Pad2D, got Object'));
});

test('the first word of the steps may say how images are resized', async () => {
  const words = ['resize:256:bicubic', 'pad:1'];
  const steps = await parsePreprocessing(words, counted());
  expect(steps).toEqual([{ resize: { shorterSide: 256, interpolation: 'bicubic' } }, { pad: 1 }]);
  expect(preprocessingWords(steps)).toEqual(words);
  expect(parseResize(['resize:nearest'])).toEqual({ interpolation: 'nearest' });
  expect(resizeOf(steps)).toEqual(parseResize(words));
  // Images have been resized when they were read.
  expect(applyPreprocessing(counted(), steps).inputShape).toEqual([5, 6, 2]);
  await expect(parsePreprocessing(['pad:1', 'resize:256'], counted())).rejects.toThrow(
    'imagenet, or as the first word resize:SHORTER, got "resize:256"',
  );
  for (const word of ['resize', 'resize:0', 'resize:1:cubic'])
    expect(parseResize([word])).toBeUndefined();
  // The middle is the same part of an image of another size.
  expect(resizeForShape({ shorterSide: 256 }, [224, 224, 3], [112, 140, 3])).toEqual({
    shorterSide: 128,
  });
});
