import '@tensorflow/tfjs-backend-cpu';
import { memory, tensor1d, variable, type Tensor } from '@tensorflow/tfjs-core';
import {
  constant,
  Euclidean,
  init,
  Linear,
  Rng,
  Sequential,
  SGD,
  Tanh,
  useBackend,
  type Context,
  type Cost,
  type Module,
} from '../../index.ts';
import { SoftmaxCrossEntropy } from '../../losses/softmaxCrossEntropy.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { Flatten } from '../../modules/flatten.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { ReLU } from '../../modules/relu.ts';
import { trainStep } from '../../train/trainStep.ts';
import { inputError } from '../support/inputError.ts';
import { Faulty, FaultyParam } from '../support/brokenBoxes.ts';

const linear = (inFeatures: number, outFeatures: number) =>
  new Linear(inFeatures, outFeatures, { rng: new Rng(3) });
const snapshot = (network: Module) =>
  Object.values(network.params).map((param) => [...param.dataSync()]);

describe('trainStep', () => {
  beforeEach(() => useBackend('cpu'));

  it('does one step of SGD, and returns the loss before it', async () => {
    // x_out = w x with w = 3, x = 2 and y = 5, so C = ½ (6 − 5)² = 0.5, ∂C/∂w = (6 − 5) · 2 = 2 and
    // w ← 3 − 0.25 · 2.
    const network = new Linear(1, 1, { bias: false, init: init.values([3]) });
    const optimizer = new SGD(network.params, { learningRate: 0.25 });
    const loss = await trainStep({
      network,
      cost: new Euclidean(),
      optimizer,
      input: constant([2], [1, 1]),
      target: constant([5], [1, 1]),
    });
    expect(loss).toBe(0.5);
    expect(snapshot(network)).toEqual([[2.5]]);
  });

  it('runs boxes in training mode, with the given generator, and updates the buffers once', async () => {
    const calls: unknown[] = [];
    class Spy extends Tanh {
      override forward(input: Tensor, context?: Context) {
        calls.push(context?.mode, context?.rng);
        return super.forward(input);
      }
      override updateBuffers(cache: unknown) {
        calls.push(Object.keys(cache as object));
      }
    }
    const network = new Sequential([linear(2, 2), new Spy()]);
    const optimizer = new SGD(network.params, { learningRate: 0.1 });
    const x = constant([1, 2], [1, 2]);
    const rng = new Rng(0);
    const step = { network, cost: new Euclidean(), optimizer, input: x, target: x };
    await trainStep({ ...step, rng });
    expect(calls).toEqual(['training', rng, ['output']]);
  });

  describe('leaks nothing', () => {
    const convnet = () =>
      new Sequential([
        new Conv2D(1, 2, 3, { rng: new Rng(1) }),
        new MaxPool2D(2),
        new Flatten(),
        linear(8, 5),
        new ReLU(),
        linear(5, 3),
      ]);

    it.each(['cpu', 'wasm'] as const)('over 1000 steps on %s', async (backend) => {
      await useBackend(backend);
      const network = convnet();
      const optimizer = new SGD(network.params, {
        learningRate: 0.01,
        momentum: 0.9,
        weightDecay: 1e-3,
      });
      const input = constant(new Rng(2).normals(4 * 36), [4, 6, 6, 1]);
      const labels = tensor1d([0, 1, 2, 1], 'int32');
      const run = async (steps: number) => {
        const cost = new SoftmaxCrossEntropy();
        for (let i = 0; i < steps; i++)
          await trainStep({ network, cost, optimizer, input, target: labels });
      };
      await run(1); // makes the velocities
      const { numTensors, numBytes } = memory();
      await run(300); // warms up the collector and the heap of wasm
      const before = process.memoryUsage().rss;
      await run(1000);
      expect(memory()).toMatchObject({ numTensors, numBytes });
      // A step computes on about 5 kB, so 1000 leaked steps would take 5 MB in wasm's heap and more
      // in tfjs's own records.
      expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(24);
    });

    it('also when it stops at a non-finite value', async () => {
      const network = new Sequential([linear(2, 2), new Faulty('gradInput', NaN), new Tanh()]);
      const optimizer = new SGD(network.params, { learningRate: 0.1 });
      const x = constant([1, 2], [1, 2]);
      const wrongShape = constant([1], [1, 1]);
      const { numTensors } = memory();
      const step = { network, cost: new Euclidean(), optimizer, input: x };
      await expect(trainStep({ ...step, target: x })).rejects.toThrow('non-finite gradient');
      await expect(trainStep({ ...step, target: wrongShape })).rejects.toThrow('expected target');
      expect(memory().numTensors).toBe(numTensors);
    });
  });

  describe('stops at a non-finite value, names its first box, and changes no parameter', () => {
    async function expectStop(
      network: Module,
      cost: Cost,
      input: Tensor,
      target: Tensor,
      message: string,
    ): Promise<void> {
      const optimizer = new SGD(network.params, { learningRate: 0.1 });
      const before = snapshot(network);
      const step = trainStep({ network, cost, optimizer, input, target, step: 12 });
      await expect(step).rejects.toThrow(inputError(message));
      expect(snapshot(network)).toEqual(before);
    }
    const x = () => constant([1, 2, 3, 4], [2, 2]);

    it.each([NaN, Infinity, -Infinity])('an output that is %d', async (value) => {
      const inner = new Sequential([linear(2, 2), new Faulty('output', value), linear(2, 2)]);
      const network = new Sequential([linear(2, 2), inner, new Tanh(), new Faulty('output', NaN)]);
      const message =
        'non-finite loss at step 12: first in the output of Sequential[1] > Sequential[1] > Faulty';
      await expectStop(network, new Euclidean(), x(), x(), message);
    });

    it('an output that is not finite because of a parameter', async () => {
      const broken = new Linear(2, 2, { init: init.values([1, NaN, 1, 1]) });
      const network = new Sequential([linear(2, 2), broken, linear(2, 2)]);
      const message =
        'non-finite loss at step 12: first in the output of Sequential[1] > Linear, whose weight is not finite';
      await expectStop(network, new Euclidean(), x(), x(), message);
    });

    it('a loss, even if every output is finite', async () => {
      const huge = constant([1e30, 1, 1, 1], [2, 2]);
      const message = 'non-finite loss at step 12: first in the loss of Euclidean';
      await expectStop(new Tanh(), new Euclidean(), x(), huge, message);
    });

    it('an input or a target', async () => {
      const bad = () => constant([1, NaN, 1, 1], [2, 2]);
      await expectStop(
        linear(2, 2),
        new Euclidean(),
        bad(),
        x(),
        'non-finite loss at step 12: first in the input',
      );
      await expectStop(
        linear(2, 2),
        new Euclidean(),
        x(),
        bad(),
        'non-finite loss at step 12: first in the target',
      );
    });

    it.each([NaN, Infinity])('the gradient of an input that is %d', async (value) => {
      const inner = new Sequential([new Faulty('gradInput', value), linear(2, 2)]);
      const network = new Sequential([
        linear(2, 2),
        new Faulty('gradInput', NaN),
        inner,
        new Tanh(),
      ]);
      const message =
        'non-finite gradient at step 12: first in the gradient of the input of Sequential[2] > Sequential[0] > Faulty';
      await expectStop(network, new Euclidean(), x(), x(), message);
    });

    it.each([
      ['NaN among numbers', [1, NaN, 3]],
      ['infinities that cancel', [Infinity, -Infinity]],
      ['the last', [0, 0, 0, 0, 0, 0, -Infinity]],
    ])('the gradient of a parameter: %s', async (_, gradient) => {
      const scale = variable(constant(new Float64Array(gradient.length), [gradient.length]));
      const network = new Sequential([new FaultyParam({ scale }, gradient), linear(2, 2)]);
      const message =
        'non-finite gradient at step 12: first in the gradient of the parameter scale of Sequential[0] > FaultyParam';
      await expectStop(network, new Euclidean(), x(), x(), message);
    });

    it('a parameter that changes no output', async () => {
      const scale = variable(constant([1, Infinity], [2]));
      const network = new Sequential([linear(2, 2), new FaultyParam({ scale }, [0, 0])]);
      const message =
        'non-finite parameter at step 12: first in the parameter scale of Sequential[1] > FaultyParam';
      await expectStop(network, new Euclidean(), x(), x(), message);
    });

    it('not at the gradient of the data, which no step computes', async () => {
      const network = new Sequential([new Faulty('gradInput', NaN), linear(2, 2)]);
      const optimizer = new SGD(network.params, { learningRate: 0.1 });
      const step = { network, cost: new Euclidean(), optimizer, input: x(), target: x() };
      expect(await trainStep(step)).toBeGreaterThan(0);
    });

    it('the gradient of a parameter of the first box, whose gradient of the data does not matter', async () => {
      class First extends FaultyParam {
        override backpropToInput(gradOutput: Tensor): Tensor {
          return constant(new Float64Array(gradOutput.size).fill(NaN), gradOutput.shape);
        }
      }
      const network = new First({ scale: variable(constant([1], [1])) }, [NaN]);
      const message =
        'non-finite gradient at step 12: first in the gradient of the parameter scale of First';
      await expectStop(network, new Euclidean(), x(), x(), message);
    });

    it('not at large gradients, even if their squares overflow', async () => {
      const scale = variable(constant([0, 0, 0], [3]));
      const network = new FaultyParam({ scale }, [3e38, 3e38, -3e38]);
      const optimizer = new SGD(network.params, { learningRate: 0.5 });
      await trainStep({ network, cost: new Euclidean(), optimizer, input: x(), target: x() });
      expect([...scale.dataSync()]).toEqual([-1.5e38, -1.5e38, 1.5e38].map(Math.fround));
    });

    it('with the random numbers that the failed step drew', async () => {
      class Lottery extends Faulty {
        override forward(input: Tensor, context?: Context) {
          const loses = (context?.rng?.uniform() ?? 0) < 0.1;
          return loses ? super.forward(input) : { output: input.clone(), cache: null };
        }
      }
      const network = new Sequential([
        new Lottery('output', NaN),
        new Lottery('output', NaN),
        new Lottery('output', NaN),
      ]);
      const rng = new Rng(5);
      const draws = () =>
        [rng.uniform(), rng.uniform(), rng.uniform()].findIndex((draw) => draw < 0.1);
      let before = rng.clone();
      let losing = draws();
      while (losing < 0) {
        before = rng.clone();
        losing = draws();
      }
      const optimizer = new SGD(network.params, { learningRate: 0.1 });
      const cost = new Euclidean();
      await expect(
        trainStep({ network, cost, optimizer, input: x(), target: x(), rng: before }),
      ).rejects.toThrow(
        inputError(`non-finite loss: first in the output of Sequential[${losing}] > Lottery`),
      );
    });
  });
});
