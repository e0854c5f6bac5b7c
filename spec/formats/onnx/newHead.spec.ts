import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ones, type Tensor } from '@tensorflow/tfjs-core';
import {
  Conv2D,
  Flatten,
  GlobalAvgPool2D,
  Linear,
  ReLU,
  Residual,
  Rng,
  Sequential,
  Softmax,
  useBackend,
  type Module,
} from '../../../index.ts';
import { loadOnnx } from '../../../formats/onnx/onnxFile.ts';
import { exportOnnx } from '../../../formats/onnx/writeOnnx.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  await useBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'boxprop-head-'));
  file = join(folder, 'net.onnx');
});
afterAll(() => rmSync(folder, { recursive: true }));

const numbers = (tensor: Tensor) => [...tensor.dataSync()];
const inputShape = [6, 5, 2] as const;
const save = (network: Module) => exportOnnx(file, network, { inputShape, name: 'net' });

/** The filters before the head, with their own weights in each call. */
function body(rng = new Rng(3)) {
  return [new Conv2D(2, 4, 3, { stride: 2, rng }), new ReLU()];
}

const heads: Record<string, () => Module[]> = {
  Linear: () => [new Flatten(), new Linear(16, 5, { rng: new Rng(4) })],
  'Linear without a bias, Softmax': () => [
    new Flatten(),
    new Linear(16, 5, { rng: new Rng(4), bias: false }),
    new Softmax(),
  ],
  Conv2D: () => [new Conv2D(4, 5, 1, { rng: new Rng(4) }), new GlobalAvgPool2D()],
};

test.each(Object.entries(heads))(
  'a head of %s gets another number of classes; the rest stays',
  async (_, head) => {
    const saved = new Sequential([...body(), ...head()]);
    await save(saved);
    const load = (seed: number) =>
      loadOnnx<string, string>(file, { newHead: { classes: 3, rng: new Rng(seed) } });
    const [own, network, again, other] = [
      await loadOnnx<string, string>(file),
      await load(1),
      await load(1),
      await load(2),
    ];
    expect(network.infer(ones([2, ...inputShape])).shape).toEqual([2, 3]);
    const names = Object.keys(own.params);
    const fresh = names.filter((name) => network.params[name].size !== own.params[name].size);
    expect(fresh.length).toBe(saved.children().at(-1)?.[1].describe() === 'Softmax' ? 1 : 2);
    for (const name of names) {
      const values = numbers(network.params[name]);
      expect(values).toEqual(numbers(again.params[name]));
      if (!fresh.includes(name)) expect(values).toEqual(numbers(own.params[name]));
      else if (name.endsWith('bias')) expect(values).toEqual([0, 0, 0]);
      else {
        expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(0);
        expect(values).not.toEqual(numbers(other.params[name]));
      }
    }
  },
);

test('scores leaves out the softmax at the output', async () => {
  const [flatten, linear] = heads.Linear();
  await save(new Sequential([...body(), flatten, linear, new Softmax()]));
  const [whole, scores] = [
    await loadOnnx<string, string>(file),
    await loadOnnx<string, string>(file, { scores: true }),
  ];
  const input = ones([1, ...inputShape]);
  const [probabilities, given] = [whole, scores].map((one) => numbers(one.infer(input)));
  const total = given.reduce((sum, score) => sum + Math.exp(score), 0);
  given.forEach((score, k) => expect(Math.exp(score) / total).toBeCloseTo(probabilities[k], 6));
  expect(Math.max(...given)).not.toBeCloseTo(Math.max(...probabilities), 2);
});

test.each<[string, () => Module[], string]>([
  [
    'a sum of two branches',
    () => [new Residual(new Conv2D(4, 4, 1, { rng: new Rng(1) }))],
    'net.onnx: newHead: expected a Gemm, MatMul or Conv before the output, got a sum of two branches',
  ],
])('%s has no head', async (_, last, message) => {
  await save(new Sequential([...body(), ...last()]));
  const loading = loadOnnx(file, { newHead: { classes: 3, rng: new Rng(0) } });
  await expect(loading).rejects.toThrow(message);
});

test.each([0, 1.5, NaN])('%d classes are refused', async (classes) => {
  await save(new Sequential([...body(), ...heads.Linear()]));
  const loading = loadOnnx(file, { newHead: { classes, rng: new Rng(0) } });
  await expect(loading).rejects.toThrow(
    `net.onnx: newHead: expected classes to be an integer of at least 1, got ${classes}`,
  );
});
