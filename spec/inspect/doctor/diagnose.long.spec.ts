import { fill, memory, mul, scalar, tidy, type Rank, type Tensor } from '@tensorflow/tfjs-core';
import {
  BatchNorm,
  Conv2D,
  Flatten,
  init,
  Linear,
  Module,
  ReLU,
  Rng,
  Sequential,
  Tanh,
  useBackend,
} from '../../../index.ts';
import { ArrayDataset, type Dataset } from '../../../data/index.ts';
import { lastBatch } from '../../../inspect/doctor/lastBatch.ts';
import { labelBalance } from '../../../inspect/doctor/labelBalance.ts';
import { realGradient } from '../../../inspect/doctor/realGradient.ts';
import { diagnose, type Diagnostic } from '../../../inspect/index.ts';

beforeAll(() => useBackend('wasm'));

/**
 * Noise images with a bright row for each class. Their values have mean 0 and standard deviation 1
 * before `change` is applied.
 */
function rows(
  change: (value: number) => number = (value) => value,
  label = (n: number) => n % 3,
): ArrayDataset {
  const rng = new Rng(4);
  const labels = Array.from({ length: 150 }, (_, n) => n % 3);
  const inputs = Float32Array.from({ length: 150 * 30 }, (_, i) => {
    const lit = Math.floor((i % 30) / 6) === 2 * labels[Math.floor(i / 30)];
    return change(0.5 * rng.normal() + (lit ? 1.6 : -0.4));
  });
  return new ArrayDataset({
    name: 'rows',
    inputs,
    inputShape: [5, 6, 1],
    labels: labels.map(label),
    classes: 3,
  });
}

interface Made {
  readonly scale?: number;
  readonly bias?: number;
  readonly squash?: () => Module;
  readonly last?: number;
}

/**
 * A network of two layers. The weights are He's initial weights, times `scale` in the first layer
 * and times `last`/2 in the second. `bias` is the bias of the first layer.
 */
function network({
  scale = 1,
  bias = 0,
  squash = () => new ReLU(),
  last = 1,
}: Made = {}): () => Sequential {
  const he =
    (factor: number) =>
    (shape: readonly number[], fans: { fanIn: number; fanOut: number }, rng?: Rng) =>
      Float32Array.from(init.heNormal(shape, fans, rng), (w) => factor * w);
  return () => {
    const rng = new Rng(1);
    const conv = new Conv2D(1, 8, 3, { rng, init: he(scale) });
    tidy(() => conv.params.bias?.assign(fill<Rank.R1>([8], bias)));
    return new Sequential([
      conv,
      squash(),
      new Flatten(),
      new Linear(96, 3, { rng, init: he(0.5 * last) }),
    ]);
  };
}

const diagnosticsOf = async (build: () => Module, data: Dataset = rows()) => {
  const diagnostics = await diagnose({ build, data, rng: new Rng(2) });
  return Object.fromEntries(diagnostics.map((one) => [one.name, one])) as Record<
    string,
    Diagnostic
  >;
};

const HEALTHY = [
  'label balance',
  'data normalization',
  'last batch',
  'loss at the start',
  'dead units',
  'saturated units',
  'gradients',
  'gradient check',
  'small subset',
];

test('a healthy network and its data are good in every diagnostic, without advice and without a leak', async () => {
  await diagnosticsOf(network()); // In the first run backends make tensors that they keep.
  const { numTensors } = memory();
  const found = await diagnosticsOf(network());
  expect(Object.keys(found)).toEqual(HEALTHY);
  expect(Object.values(found).filter(({ severity }) => severity !== 'good')).toEqual([]);
  expect(Object.values(found).filter(({ advice }) => advice !== '')).toEqual([]);
  expect(memory().numTensors).toBe(numTensors);
});

test('a last batch that is too small for a box is a warning, with the ways out', () => {
  const build = () =>
    new Sequential([new Flatten(), new BatchNorm(30), new Linear(30, 3, { rng: new Rng(0) })]);
  const { numTensors } = memory();
  const found = (batchSize?: number) =>
    lastBatch({ build, data: rows(), rng: new Rng(2), ...(batchSize && { batchSize }) });
  expect(found()).toEqual({
    name: 'last batch',
    severity: 'good',
    finding: '22 examples at batch size 64',
    advice: '',
  });
  expect(found(149)).toEqual({
    name: 'last batch',
    severity: 'warning',
    finding:
      'a last batch of 1 (150 examples in batches of 149); expected batches of at least 2 examples, which Sequential[1] > BatchNorm needs in training',
    advice:
      'Choose another batchSize (--batch-size), or leave out the last batch with dropLast (--drop-last).',
  });
  expect(memory().numTensors).toBe(numTensors);
});

test('dead units are bad, and the network learns nothing', async () => {
  const found = await diagnosticsOf(network({ bias: -100 }));
  expect(found['dead units']).toMatchObject({
    severity: 'bad',
    finding: 'at most 100 %, in Sequential[1] > ReLU',
  });
  expect(found.gradients.severity).toBe('bad');
  expect(found.gradients.advice).toMatch(/^They vanish/);
  expect(found['small subset'].severity).toBe('bad');
});

test('a bias of 0 after a dead layer is at a kink, so its gradient cannot be checked', async () => {
  const rng = new Rng(1);
  const build = () => {
    const [first, second] = [
      new Linear(30, 6, { rng: rng.fold(1) }),
      new Linear(6, 4, { rng: rng.fold(2) }),
    ];
    tidy(() => first.params.bias?.assign(fill<Rank.R1>([6], -100)));
    return new Sequential([
      new Flatten(),
      first,
      new ReLU(),
      second,
      new ReLU(),
      new Linear(4, 3, { rng: rng.fold(3) }),
    ]);
  };
  const found = await diagnosticsOf(build);
  expect(found['dead units'].severity).toBe('bad');
  expect(found['gradient check'].severity).toBe('good');
  expect(found['gradient check'].finding).toMatch(/; 1 of the parameters are at kinks$/);
});

test('saturated units are bad', async () => {
  const found = await diagnosticsOf(network({ scale: 30, squash: () => new Tanh() }));
  expect(found['saturated units'].severity).toBe('bad');
  expect(found['saturated units'].finding).toMatch(
    /^at most \d\d(\.\d)? %, in Sequential\[1\] > Tanh$/,
  );
});

test('initial scores that differ too much are bad', async () => {
  const found = await diagnosticsOf(network({ last: 100 }));
  expect(found['loss at the start']).toMatchObject({ severity: 'bad' });
  expect(found['loss at the start'].finding).toMatch(/^\d+(\.\d+)?; chance gives ln 3 = 1\.1$/);
});

test('gradients that explode or vanish are bad', async () => {
  const chain = (factor: number) => () => {
    const layers = Array.from({ length: 6 }, (_, k) => {
      return new Linear(30, k === 5 ? 3 : 30, {
        rng: new Rng(k),
        init: (shape, { fanIn }, rng) =>
          Float32Array.from(
            rng!.normals(shape[0] * shape[1]),
            (w) => (factor * w) / Math.sqrt(fanIn),
          ),
      });
    });
    return new Sequential([new Flatten(), ...layers]);
  };
  expect((await diagnosticsOf(chain(20))).gradients.advice).toMatch(/^They explode/);
  expect((await diagnosticsOf(chain(0.02))).gradients).toMatchObject({ severity: 'bad' });
  expect((await diagnosticsOf(chain(0.02))).gradients.advice).toMatch(/^They vanish/);
});

test('data in 0 ... 255 and data that never change are bad', async () => {
  const large = await diagnosticsOf(
    network(),
    rows((value) => 128 + 60 * value),
  );
  expect(large['data normalization']).toMatchObject({ severity: 'bad' });
  expect(large['data normalization'].advice).toMatch(/^Subtract the mean/);
  const constant = await diagnosticsOf(
    network(),
    rows(() => 0.5),
  );
  expect(constant['data normalization'].advice).toMatch(/^All examples are the same/);
});

test('labels of one class are bad, of few a warning', async () => {
  const one = await diagnosticsOf(
    network(),
    rows(undefined, () => 1),
  );
  expect(one['label balance']).toMatchObject({
    severity: 'bad',
    finding: '1 of 3 classes; the rarest 0 %, the commonest 100 % of the examples',
  });
  const two = await diagnosticsOf(
    network(),
    rows(undefined, (n) => n % 2),
  );
  expect(two['label balance'].severity).toBe('warning');
});

test('data of one class have nothing to learn, and nothing else is checked', async () => {
  const inputs = Float32Array.from({ length: 40 }, (_, i) => (i % 7) / 3 - 1);
  const data = new ArrayDataset({
    name: 'one',
    inputs,
    inputShape: [2],
    labels: new Int32Array(20),
    classes: 1,
    classNames: ['cat'],
  });
  const build = () => new Linear(2, 1, { rng: new Rng(0) });
  const diagnostics = await diagnose({ build, data, rng: new Rng(2) });
  expect(diagnostics.map(({ name }) => name)).toEqual(['label balance', 'data normalization']);
  expect(diagnostics[0]).toEqual({
    name: 'label balance',
    severity: 'bad',
    finding: 'only one class, "cat"',
    advice:
      'There is nothing to tell apart, so only the scale of the data is checked too: check how the labels are read.',
  });
});

test('a rare class is reported if labels are known without reading inputs', async () => {
  const length = 20_000;
  const data = new ArrayDataset({
    name: 'rare',
    inputs: new Float32Array(length),
    inputShape: [1],
    labels: Int32Array.from({ length }, (_, n) => (n === 7777 ? 1 : 0)),
    classes: 2,
  });
  const context = { build: () => new Linear(1, 2, { rng: new Rng(0) }), data, rng: new Rng(2) };
  expect(await labelBalance(context)).toMatchObject({
    severity: 'warning',
    finding: '2 of 2 classes; the rarest 0.005 %, the commonest 100 % of the examples',
  });
});

test('a cost that is not finite is reported', async () => {
  class Overflow extends Module<Tensor, Tensor, object> {
    forward(input: Tensor) {
      return { output: tidy(() => mul(mul(input, scalar(1e300)), scalar(1e300))), cache: {} };
    }
    backpropToInput(gradOutput: Tensor) {
      return gradOutput.clone();
    }
  }
  const data = rows();
  const build = () =>
    new Sequential([new Flatten(), new Linear(30, 3, { rng: new Rng(0) }), new Overflow()]);
  const found = await realGradient({ build, data, rng: new Rng(2) });
  expect(found).toMatchObject({
    severity: 'bad',
    finding:
      'the cost or its gradient is not finite in double precision, seen in weight of Sequential[1] > Linear',
  });
});

test('a network that predicts the common class for all examples has not memorized the small subset', async () => {
  const common = rows(undefined, (n) => (n % 20 < 2 ? n % 20 : 2));
  const found = await diagnosticsOf(network({ bias: -100 }), common);
  expect(found['small subset'].severity).toBe('bad');
  const one = await diagnosticsOf(
    network(),
    rows(undefined, () => 1),
  );
  expect(one['small subset']).toMatchObject({
    severity: 'warning',
    finding: '0 of 20 examples wrong after 100 steps of Adam, all of one class',
  });
});

test('a box with a wrong gradient is found on the real data', async () => {
  /** Doubles its input, but its gradient lacks the factor 2. */
  class Double extends Module<Tensor, Tensor, object> {
    forward(input: Tensor) {
      return { output: mul(input, scalar(2)), cache: {} };
    }
    backpropToInput(gradOutput: Tensor) {
      return gradOutput.clone();
    }
  }
  const found = await diagnosticsOf(network({ squash: () => new Double() }));
  expect(found['gradient check']).toMatchObject({ severity: 'bad' });
  expect(found['gradient check'].finding).toMatch(
    /^relative error at most \d\.\de-1, in (weight|bias) of Sequential\[0\] > Conv2D$/,
  );
});
