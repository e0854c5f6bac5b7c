import * as tf from '@tensorflow/tfjs-core';
import { Draw } from '../../gradcheck/case.ts';
import { cases } from '../../gradcheck/cases/index.ts';
import {
  AvgPool2D,
  ContrastNorm2D,
  Conv2D,
  DivisiveNorm2D,
  Flatten,
  Linear,
  LocalResponseNorm,
  MaxPool2D,
  Module,
  ReLU,
  ReLU6,
  Residual,
  Rng,
  Sequential,
  SubtractiveNorm2D,
  Tanh,
  useBackend,
  withBackend,
  type ProjectionRule,
} from '../../index.ts';
import { ArrayDataset } from '../../data/index.ts';
import { projectUnit, topPatches } from '../../inspect/index.ts';
import { constant } from '../../lib/constant.ts';
import { PROJECTION_RULES } from '../../lib/projectionRule.ts';
import { expectAllClose, expectNoLeak, numbers, type Packed } from '../support/compare.ts';
import { DeconvNet, type Layer } from '../support/deconvNet.ts';
import { eachBackend, loadFixture, tensorOf } from '../support/fixtures.ts';

/** The projection of one run of a box. */
function projected(box: Module, input: tf.Tensor, signal: tf.Tensor, rule: ProjectionRule) {
  // The sum makes 0 of −0, which depends on the backend.
  return numbers(tf.add(box.project(signal, box.forward(input).cache, rule), tf.scalar(0)));
}

eachBackend('by hand', () => {
  test('a rectifier gates by its input, by the signal, or by both', () => {
    const [input, signal] = [tf.tensor1d([-1, -2, 3, 4, 0]), tf.tensor1d([5, -6, 7, -8, 9])];
    const box = new ReLU();
    expect(projected(box, input, signal, 'gradient')).toEqual([0, 0, 7, -8, 0]);
    expect(projected(box, input, signal, 'deconvnet')).toEqual([5, 0, 7, 0, 9]);
    expect(projected(box, input, signal, 'guided')).toEqual([0, 0, 7, 0, 0]);
    const [high, up] = [tf.tensor1d([7, 2, -1]), tf.tensor1d([1, 2, 3])];
    expect(projected(new ReLU6(), high, up, 'deconvnet')).toEqual([1, 2, 3]);
    expect(projected(new ReLU6(), high, up, 'guided')).toEqual([0, 2, 0]);
  });

  test('NaN and infinity stay what they are', () => {
    const [input, signal] = [tf.tensor1d([1, 1, 1]), tf.tensor1d([NaN, Infinity, -Infinity])];
    for (const rule of ['deconvnet', 'guided'] as const)
      expect(projected(new ReLU(), input, signal, rule)).toEqual([NaN, Infinity, 0]);
  });

  test('the deconvnet leaves out normalizations by neighbours; guided back-propagation does not', () => {
    const input = constant<tf.Rank.R4>(new Rng(1).normals(40), [1, 4, 5, 2]);
    const signal = constant<tf.Rank.R4>(new Rng(2).normals(40), [1, 4, 5, 2]);
    const boxes = [
      new LocalResponseNorm(3, { alpha: 1 }),
      new SubtractiveNorm2D(2, { kernelSize: 3 }),
      new DivisiveNorm2D(2, { kernelSize: 3 }),
      new ContrastNorm2D(2, { kernelSize: 3 }),
    ] as unknown as Module[];
    for (const box of boxes) {
      expect(projected(box, input, signal, 'deconvnet')).toEqual(numbers(signal));
      const gradient = numbers(box.backpropToInput(signal, box.forward(input).cache));
      expect(projected(box, input, signal, 'guided')).toEqual(gradient);
      expect(gradient).not.toEqual(numbers(signal));
    }
  });

  test('containers hand the rule on, and sum where their route divides', () => {
    const network = new Residual(new Sequential([new ReLU(), new Sequential([new Tanh()])]));
    const input = tf.tensor2d([[-1, 2]]);
    const signal = tf.tensor2d([[3, -4]]);
    const slope = 1 - Math.tanh(2) ** 2;
    const deconvnet = projected(network, input, signal, 'deconvnet');
    expect(deconvnet).toEqual([[3 + 3, -4]]);
    const gradient = projected(network, input, signal, 'gradient') as number[][];
    expect(gradient[0][0]).toBe(3);
    expect(gradient[0][1]).toBeCloseTo(-4 - 4 * slope, 5);
  });

  test('the signal is the largest response, and all other values are 0', async () => {
    const images = tf.tensor4d([1, 5, 2, 3, 7, 0, 0, 6], [2, 2, 2, 1]);
    const before = tf.memory().numTensors;
    const pool = new Sequential([new MaxPool2D([1, 2])]);
    const seen = await projectUnit(pool, { input: images, box: '0', unit: 0 });
    expect([...seen.dataSync()]).toEqual([0, 5, 0, 0, 7, 0, 0, 0]);
    expect(tf.memory().numTensors).toBe(before + 1);
    const empty = { input: tf.zeros([0, 2, 2, 1]), box: '0', unit: 0 };
    await expect(projectUnit(pool, empty)).rejects.toThrow(
      new Error(
        '0 > MaxPool2D.forward: expected input without an axis of size 0, got shape [0, 2, 2, 1]',
      ),
    );
  });
});

interface ProjectionCase {
  readonly name: string;
  readonly rule: ProjectionRule;
  readonly unit: number;
  readonly input: Packed;
  readonly params: Readonly<Record<string, Packed>>;
  readonly projection: Packed;
}

eachBackend('projects what PyTorch projects with hooks at the rectifiers', () => {
  test.each(loadFixture<ProjectionCase>('projection'))('$name', async (expected) => {
    const rng = new Rng(0);
    const network = new Sequential([
      new Conv2D(2, 5, [3, 2], { stride: [1, 2], padding: 1, rng }),
      new ReLU(),
      new MaxPool2D(3, { stride: 2 }),
      new Conv2D(5, 4, 3, { padding: 1, rng }),
      new ReLU(),
      new AvgPool2D(2),
      new Flatten(),
      new Linear(8, 6, { rng }),
      new ReLU(),
      new Linear(6, 3, { rng }),
    ]);
    expect(Object.keys(network.params)).toEqual(Object.keys(expected.params));
    for (const [name, param] of Object.entries(network.params))
      tf.tidy(() => param.assign(tensorOf(expected.params[name])));
    const { rule, unit } = expected;
    const seen = await projectUnit(network, { input: tensorOf(expected.input), box: '9', unit, rule }); // prettier-ignore
    expectAllClose(seen, expected.projection, 'projection');
  });
});

/** Layers of a deconvnet with odd sizes, overlapping windows, and a convolution with a stride. */
const LAYERS: readonly Layer[] = [
  { maps: 4, kernel: [3, 5], padding: 1, stride: 1, pool: { size: [2, 3], stride: [2, 2] } },
  { maps: 5, kernel: [3, 2], padding: 0, stride: 2 },
  { maps: 3, kernel: [2, 2], padding: 1, stride: 1, pool: { size: [2, 2], stride: [1, 2] } },
];

eachBackend('the deconvnet of the paper, in plain loops', () => {
  test.each([0, 1, 2])('seed %i', async (seed) => {
    const rng = new Rng(seed);
    const [height, width, channels] = [15, 18, 2];
    const boxes: Module[] = [];
    let maps = channels;
    for (const { maps: more, kernel, padding, stride, pool } of LAYERS) {
      boxes.push(new Conv2D(maps, more, kernel, { padding, stride, rng }));
      boxes.push(new ReLU());
      if (pool) boxes.push(new MaxPool2D(pool.size, { stride: pool.stride }));
      boxes.push(new LocalResponseNorm(3, { alpha: 0.5 }));
      maps = more;
    }
    const network = new Sequential(boxes);
    for (const [name, param] of Object.entries(network.params))
      if (name.endsWith('bias'))
        tf.tidy(() =>
          param.assign(constant(rng.normals(param.size, 0, 0.2), param.shape as never)),
        );
    const image = rng.normals(height * width * channels);
    const input = constant<tf.Rank.R4>(image, [1, height, width, channels]);
    const weights = Object.values(network.params).map((param) => Array.from(param.dataSync()));
    const plain = new DeconvNet(LAYERS, weights, { size: 3, alpha: 0.5, beta: 0.75, k: 1 });
    let shown = 0;
    for (let unit = 0; unit < maps; unit++) {
      const box = String(boxes.length - 1);
      const seen = await projectUnit(network, { input, box, unit });
      const values = plain.project(Array.from(image), [height, width, channels], unit);
      if (values.some((value) => value !== 0)) shown++;
      expectAllClose(seen, { shape: input.shape, values }, `unit ${unit}`);
    }
    // A unit that does not respond has no projection.
    expect(shown).toBeGreaterThan(1);
  });
});

/** Every box with the cases of the gradient check. */
describe('every box', () => {
  beforeAll(() => useBackend('cpu'));

  test.each(Object.keys(cases))('%s: the rule of the gradient, shapes, and no leak', (name) =>
    withBackend('float64', () => {
      const { box, input } = cases[name](new Draw(new Rng(5)));
      if (!(box instanceof Module)) return;
      const { output, cache } = (box as Module<unknown, unknown>).forward(input, {
        mode: 'inference',
      });
      const signals = [output].flat().map((one) => tf.onesLike(one as tf.Tensor));
      const signal = Array.isArray(output) ? signals : signals[0];
      const of = (make: () => unknown) => [make()].flat() as tf.Tensor[];
      for (const rule of PROJECTION_RULES) {
        expectNoLeak(() => {
          const seen = of(() => box.project(signal, cache, rule));
          const gradient = of(() => box.backpropToInput(signal, cache));
          expect(seen.map(({ shape }) => shape)).toEqual(gradient.map(({ shape }) => shape));
          if (rule === 'gradient')
            expect(seen.map((one) => one.arraySync())).toEqual(gradient.map((g) => g.arraySync()));
          tf.dispose([seen, gradient]);
        });
      }
    }),
  );
});

describe('a box of the user', () => {
  beforeAll(() => useBackend('cpu'));

  class Square extends Module<tf.Tensor, tf.Tensor, { readonly input: tf.Tensor }> {
    forward(input: tf.Tensor) {
      return { output: tf.square(input), cache: { input: input.clone() } };
    }

    backpropToInput(gradOutput: tf.Tensor, { input }: { readonly input: tf.Tensor }) {
      return tf.tidy(() => tf.mul(gradOutput, tf.mul(input, tf.scalar(2))));
    }
  }

  class Loud extends Square {
    override project(signal: tf.Tensor, _cache: unknown, rule: ProjectionRule) {
      return tf.mul(signal, tf.scalar(rule === 'guided' ? 100 : 10));
    }
  }

  test('has the gradient by default, and its own rule if it states one', () => {
    const [input, signal] = [tf.tensor1d([3]), tf.tensor1d([1])];
    expect(projected(new Square(), input, signal, 'deconvnet')).toEqual([6]);
    expect(projected(new Sequential([new Loud()]) as Module, input, signal, 'guided')).toEqual([
      100,
    ]);
  });
});

describe('patches', () => {
  test('have their projection by the chosen rule, and the gradient by default', async () => {
    await useBackend('cpu');
    const network = new Sequential([new ReLU(), new Conv2D(1, 1, [1, 2], { rng: new Rng(2) })]);
    tf.tidy(() => network.params['1.weight'].assign(tf.tensor4d([1, -3], [1, 2, 1, 1])));
    const inputs = Float32Array.of(2, -1, -1);
    const data = new ArrayDataset({ name: 'd', inputs, inputShape: [1, 3, 1], labels: [0], classes: 1 }); // prettier-ignore
    const first = async (rule?: ProjectionRule) => {
      const [{ patches }] = await topPatches(network, data, { box: '1', ...(rule && { rule }) });
      return [[...patches[0].gradient], [...patches[0].projection]];
    };
    expect(await first()).toEqual([[1, -0], [1, -0]]); // prettier-ignore
    expect(await first('deconvnet')).toEqual([[1, -0], [1, 0]]); // prettier-ignore
  });
});

describe('refuses', () => {
  const network = () => new Sequential([new ReLU()]);
  beforeAll(() => useBackend('cpu'));

  test.each<[string, object]>([
    ['projectUnit: unknown option rle; did you mean rule?', { rle: 'guided' }],
    ['projectUnit: expected rule to be one of gradient, deconvnet, guided, got "magic"', { rule: 'magic' }], // prettier-ignore
    ['projectUnit: expected box to be one of 0, got "1"', { box: '1' }],
    ['projectUnit: expected a unit of 0 from 0 to 2, got 3', { unit: 3 }],
    ['projectUnit: expected input to be a tensor, got 4', { input: 4 }],
  ])('%s', async (message, wrong) => {
    const options = { input: tf.ones([1, 3]), box: '0', unit: 0, ...wrong };
    await expect(projectUnit(network(), options as never)).rejects.toThrow(new Error(message));
  });

  test('a signal of another shape', () => {
    const box = new ReLU();
    const { cache } = box.forward(tf.ones([2]));
    expect(() => box.project(tf.ones([3]), cache, 'guided')).toThrow(
      'ReLU.project: expected gradOutput of shape [2], got [3]',
    );
  });
});
