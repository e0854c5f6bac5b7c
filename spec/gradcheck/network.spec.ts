import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { gradcheckNetwork, type GradcheckReport } from '../../gradcheck/index.ts';
import { Rng, useBackend } from '../../index.ts';
import { loadOnnx } from '../../formats/onnx/onnxFile.ts';
import { constant, scalar } from '../../lib/constant.ts';
import { Residual } from '../../modules/container/residual.ts';
import { Sequential } from '../../modules/container/sequential.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { Flatten } from '../../modules/flatten.ts';
import { Linear } from '../../modules/linear.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { ReLU } from '../../modules/relu.ts';
import { Tanh, type TanhCache } from '../../modules/tanh.ts';
import { ROOT } from '../support/runCommand.ts';

/** A user's box whose gradient is too large at its first value, or everywhere. */
class WrongTanh extends Tanh {
  readonly where: 'first' | 'all';

  constructor(where: 'first' | 'all') {
    super();
    this.where = where;
  }

  override backpropToInput(gradOutput: tf.Tensor, cache: TanhCache) {
    return tf.tidy(() => {
      const right = super.backpropToInput(gradOutput, cache);
      if (this.where === 'all') return tf.mul(right, scalar(1.5));
      const factors = new Float64Array(right.size).fill(1);
      factors[0] = 1.5;
      return tf.mul(right, constant(factors, right.shape));
    });
  }
}

/** A container that forgets a factor between its boxes. */
class WrongSequential extends Sequential {
  override forward(...given: Parameters<Sequential['forward']>) {
    return super.forward(...given);
  }
  override backpropToInput(...given: Parameters<Sequential['backpropToInput']>) {
    return tf.tidy(() => tf.mul(super.backpropToInput(...given), scalar(2)));
  }
}

const networkWith = (box: Tanh, rng = new Rng(1)) =>
  new Sequential({
    features: new Sequential({
      conv: new Conv2D(2, 3, 3, { rng }),
      relu: new ReLU(),
      pool: new MaxPool2D(2),
    }),
    body: new Residual(new Sequential({ conv: new Conv2D(3, 3, 1, { rng }), act: box })),
    flatten: new Flatten(),
    head: new Linear(12, 4, { rng }),
  });
const INPUT = { input: [2, 6, 7, 2] };

const failures = ({ results }: GradcheckReport) => results.filter(({ pass }) => !pass);

beforeAll(() => useBackend('cpu'));

test('every box is checked at its place under its path, and the network as a whole', async () => {
  const network = networkWith(new Tanh());
  const before = Object.values(network.params).map((param) => Array.from(param.dataSync()));
  const boxes: string[] = [];
  const tensors = tf.memory().numTensors;
  const report = await gradcheckNetwork(network, { ...INPUT, onBox: (name) => boxes.push(name) });
  expect(failures(report)).toEqual([]);
  expect(boxes).toEqual([
    'features.conv > Conv2D',
    'features.relu > ReLU',
    'features.pool > MaxPool2D',
    'body.body.conv > Conv2D',
    'body.body.act > Tanh',
    'body.shortcut > Identity',
    'body.sum > Sum',
    'flatten > Flatten',
    'head > Linear',
  ]);
  expect([...new Set(report.results.map(({ name }) => name))]).toEqual([
    ...boxes,
    'Sequential as a whole',
  ]);
  const weight = report.results.find(
    ({ name, tensor }) => name === boxes[0] && tensor === 'param:weight',
  );
  expect(weight).toMatchObject({
    config: 'features.conv > Conv2D on [2, 6, 7, 2]',
    checked: 3 * 3 * 2 * 3,
  });
  // Nothing is left behind, and the network is as it was.
  expect(tf.memory().numTensors).toBe(tensors);
  expect(tf.getBackend()).toBe('cpu');
  expect(Object.values(network.params).map((param) => Array.from(param.dataSync()))).toEqual(
    before,
  );
});

test("a wrong gradient of a user's box is named by its path", async () => {
  const wrong = failures(await gradcheckNetwork(networkWith(new WrongTanh('all')), INPUT));
  expect(wrong.map(({ name }) => name)).toEqual([
    'body.body.act > WrongTanh',
    'Sequential as a whole',
    'Sequential as a whole',
  ]);
  expect(wrong[0].message).toMatch(/ and 23 more of 24; looks like this: off by a factor 1\.5$/);
  expect(wrong[2].message).toMatch(
    /^param:body\.body\.conv\.bias along a random direction: analytic /,
  );
});

test('a large box is sampled, and the direction finds one wrong coordinate', async () => {
  const right = await gradcheckNetwork(networkWith(new Tanh()), { ...INPUT, budget: 1 });
  expect(failures(right)).toEqual([]);
  expect(right.results.find(({ tensor }) => tensor === 'param:weight')?.checked).toBe(2);
  const wrong = await gradcheckNetwork(networkWith(new WrongTanh('first')), {
    ...INPUT,
    budget: 1,
    directions: 1,
  });
  expect(failures(wrong)[0]).toMatchObject({
    name: 'body.body.act > WrongTanh',
    message: expect.stringMatching(
      /^input along a random direction: analytic \S+, numeric /,
    ) as string,
  });
});

test('a container that passes the gradient on wrongly fails as a whole', async () => {
  const rng = new Rng(2);
  const inner = new WrongSequential({ act: new Tanh() });
  const network = new Sequential({ one: new Linear(3, 4, { rng }), inner, two: new ReLU() });
  const wrong = failures(await gradcheckNetwork(network, { input: [3, 3] }));
  expect(new Set(wrong.map(({ name }) => name))).toEqual(new Set(['Sequential as a whole']));
});

test('a unit that is off passes with a note', async () => {
  const rng = new Rng(3);
  const off = new Linear(3, 4, { rng });
  off.params.bias?.assign(tf.fill([4], -100));
  const report = await gradcheckNetwork(new Sequential({ off, act: new ReLU() }), {
    input: [2, 3],
  });
  expect(report.pass).toBe(true);
  const noted = report.results.filter(({ message }) => message?.startsWith('vacuous'));
  expect(noted.map(({ name, tensor }) => [name, tensor])).toEqual([
    ['act > ReLU', 'input'],
    ['Sequential as a whole', 'input'],
    ['Sequential as a whole', 'all parameters'],
  ]);
});

test('a network of an ONNX file', async () => {
  const network = await loadOnnx(join(ROOT, 'spec/fixtures/onnx/images.onnx'));
  const report = await gradcheckNetwork(network, { input: [2, ...network.inputShapes[0]] });
  expect(failures(report)).toEqual([]);
  expect(report.results.map(({ name }) => name)).toContain('features_conv_Conv > Conv2D');
});

test('directions that are no positive integer, and inputs that do not fit, are refused', async () => {
  const network = networkWith(new Tanh());
  await expect(gradcheckNetwork(network, { ...INPUT, directions: 0 })).rejects.toThrow(
    'gradcheckNetwork: expected directions to be an integer of at least 1, got 0',
  );
  await expect(gradcheckNetwork(network, { input: [2, 6, 7, 1] })).rejects.toThrow(
    'features.conv > Conv2D.forward: expected input of shape [N, H, W, 2], got [2, 6, 7, 1]',
  );
});
