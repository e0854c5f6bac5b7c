import * as tf from '@tensorflow/tfjs-core';
import type { CheckedModule } from '../../gradcheck/case.ts';
import { gradcheck } from '../../gradcheck/index.ts';
import { GradcheckTarget } from '../../gradcheck/target.ts';
import { withBackend } from '../../lib/backend/useBackend.ts';
import { constant, scalar } from '../../lib/constant.ts';
import type { Context } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { resnet20 } from '../../models/resnet.ts';
import { BatchNorm, type BatchNormCache } from '../../modules/batchNorm.ts';
import { Branch } from '../../modules/container/branch.ts';
import { Dropout } from '../../modules/dropout.ts';
import { Graph } from '../../modules/container/graph.ts';
import { Linear } from '../../modules/linear.ts';
import { Product } from '../../modules/product.ts';
import { Residual } from '../../modules/container/residual.ts';
import { Sequential } from '../../modules/container/sequential.ts';
import { Tanh } from '../../modules/tanh.ts';

const training = (): Context => ({ mode: 'training', rng: new Rng(5) });
const normal = (shape: number[], seed: number) =>
  constant(new Rng(seed).normals(shape.reduce((a, b) => a * b)), shape);

/** Counts its whole forward passes. */
class CountingTarget extends GradcheckTarget {
  forwards = 0;

  override outputs() {
    this.forwards++;
    return super.outputs();
  }
}

/** Counts its forward passes. */
class Counting extends Linear {
  forwards = 0;

  override forward(input: tf.Tensor2D) {
    this.forwards++;
    return super.forward(input);
  }
}

const linear = (rng: Rng) => new Linear(3, 3, { rng });

/**
 * A network with every container inside another, a box that is used twice, and dropout in two
 * branches.
 */
function everyContainer(rng: Rng): Sequential {
  const twice = linear(rng);
  const graph = new Graph({
    inputs: 'x',
    nodes: [
      ['left', new Sequential([linear(rng), new Dropout({ p: 0.3 })]), 'x'],
      [
        'right',
        new Branch([twice, new Sequential([linear(rng), new Tanh()])], { merge: 'max' }),
        'x',
      ],
      ['both', new Product(), ['left', 'right']],
    ],
    outputs: 'both',
  });
  return new Sequential([
    linear(rng),
    new Residual(new Sequential([twice, new Dropout({ p: 0.3 }), new Tanh()])),
    graph,
    new BatchNorm(3),
    new Residual(linear(rng), linear(rng)),
  ]);
}

function pairOfInputs(rng: Rng): CheckedModule {
  return new Graph({
    inputs: ['a', 'b'],
    nodes: [
      ['left', linear(rng), 'a'],
      ['right', linear(rng), 'b'],
      ['both', new Product(), ['left', 'right']],
    ],
    outputs: ['both', 'right'],
  });
}

describe('a replay after a change gives the same bits as a whole forward:', () => {
  test.each([
    [
      'every container, in training',
      () => everyContainer(new Rng(1)),
      () => normal([4, 3], 2),
      training(),
    ],
    [
      'every container, in inference',
      () => everyContainer(new Rng(1)),
      () => normal([4, 3], 2),
      undefined,
    ],
    [
      'two inputs',
      () => pairOfInputs(new Rng(1)),
      () => [normal([4, 3], 2), normal([4, 3], 3)],
      training(),
    ],
    [
      'resnet20',
      () => resnet20({ rng: new Rng(1), width: 1 / 16, classes: 3, inputShape: [8, 8, 1] }),
      () => normal([2, 8, 8, 1], 2),
      training(),
    ],
  ])('%s', (_, build, draw, context) =>
    withBackend('float64', () => {
      const box = build();
      const target = new CountingTarget({
        config: '',
        box,
        input: draw(),
        ...(context && { context }),
      });
      target.moveEqualParams(new Rng(0));
      target.startReplay();
      let [moves, whole] = [0, 0];
      for (const tensor of target.tensors) {
        for (let index = 0; index < tensor.values.length; index += 5) {
          const value = tensor.values[index];
          target.setValue(tensor, index, value + 0.01);
          const expected = target.outputs();
          const before = target.forwards;
          expect(Array.from(target.outputsAfterChange(tensor))).toEqual(Array.from(expected));
          whole += target.forwards - before;
          moves++;
          target.setValue(tensor, index, value);
        }
      }
      // Each tensor needs one whole forward pass, and so does each change that does not change the
      // output.
      expect(whole).toBeGreaterThanOrEqual(target.tensors.length);
      expect(whole).toBeLessThan(target.tensors.length + moves / 4);
      target.stopReplay();
    }),
  );
});

test('boxes that a change does not affect do not run again', () =>
  withBackend('float64', () => {
    const rng = new Rng(1);
    const [first, aside, last] = [0, 1, 2].map(() => new Counting(3, 3, { rng }));
    const box = new Sequential([first, new Residual(new Tanh(), aside), last]) as CheckedModule;
    const target = new CountingTarget({ config: '', box, input: normal([4, 3], 2) });
    target.moveEqualParams(new Rng(0));
    target.startReplay();
    const forwardsFor = (name: string) => {
      const tensor = target.tensors.find((one) => one.name === name)!;
      tensor.values[0] += 0.1;
      target.setValue(tensor, 0, tensor.values[0]);
      // This first call also runs a whole forward pass, for comparison.
      target.outputsAfterChange(tensor);
      const before = [first, aside, last].map(({ forwards }) => forwards);
      target.outputsAfterChange(tensor);
      target.setValue(tensor, 0, tensor.values[0] - 0.1);
      return [first, aside, last].map(({ forwards }, i) => forwards - before[i]);
    };
    expect(forwardsFor('input')).toEqual([1, 1, 1]);
    expect(forwardsFor('param:0.weight')).toEqual([1, 1, 1]);
    expect(forwardsFor('param:1.shortcut.weight')).toEqual([0, 1, 1]);
    expect(forwardsFor('param:2.bias')).toEqual([0, 0, 1]);
    target.stopReplay();
  }));

describe('the check runs whole forwards', () => {
  /** Extends Sequential but doubles the output, so replaying its boxes is not enough. */
  class Doubles extends Sequential {
    override forward(input: tf.Tensor, context?: Context) {
      const { output, cache } = super.forward(input, context);
      return { output: tf.mul(output, scalar(2)), cache };
    }

    override infer(input: tf.Tensor, context?: Context) {
      return this.forward(input, context).output;
    }
  }

  test('for a container that computes more than its boxes', async () => {
    const { results } = await gradcheck(new Doubles([new Linear(3, 2, { rng: new Rng(1) })]), {
      input: [4, 3],
    });
    expect(results.filter(({ pass }) => !pass).map(({ message }) => message)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^input\[0, 0\]: .*off by a factor 0\.5$/)]),
    );
  });

  test('for a box that reads a weight of another box', async () => {
    const other = new Linear(3, 3, { rng: new Rng(1) });
    /** Reads the weight of another box, which is not among its own parameters. */
    class Peeks extends Tanh {
      override forward(input: tf.Tensor) {
        const { output, cache } = super.forward(input);
        return { output: tf.add(output, tf.sum(other.params.weight)), cache };
      }
    }
    const { results } = await gradcheck(new Residual(new Peeks(), other), { input: [4, 3] });
    const messages = results
      .map(({ message }) => message)
      .filter((message) => message !== undefined);
    expect(messages).toEqual([expect.stringMatching(/^param:shortcut\.weight\[0, 0\]: /)]);
  });
});

describe('a mistake deep in a network is found, and named', () => {
  class HalfShift extends BatchNorm {
    override backprop(gradOutput: tf.Tensor, cache: BatchNormCache) {
      const { gradInput, gradParams } = super.backprop(gradOutput, cache);
      return {
        gradInput,
        gradParams: { ...gradParams, bias: tf.mul(gradParams.bias, scalar(0.5)) },
      };
    }

    override backpropToParams(gradOutput: tf.Tensor, cache: BatchNormCache) {
      const gradParams = super.backpropToParams(gradOutput, cache);
      return { ...gradParams, bias: tf.mul(gradParams.bias, scalar(0.5)) };
    }
  }

  /** Ignores that the mean depends on each value. */
  class NoMean extends BatchNorm {
    override backpropToInput(gradOutput: tf.Tensor, cache: BatchNormCache) {
      const mean = tf.mean(gradOutput, 0, true);
      return tf.add(super.backpropToInput(gradOutput, cache), tf.mul(mean, cache.invStd));
    }

    override backprop(gradOutput: tf.Tensor, cache: BatchNormCache) {
      const gradParams = super.backpropToParams(gradOutput, cache);
      return { gradInput: this.backpropToInput(gradOutput, cache), gradParams };
    }
  }

  const deep = (Norm: typeof BatchNorm) => {
    const rng = new Rng(1);
    const block = (norm: BatchNorm) =>
      new Residual(
        new Sequential({ fc: new Linear(3, 3, { bias: false, rng }), norm, tanh: new Tanh() }),
      );
    return new Sequential(
      Array.from({ length: 12 }, (_, i) => block(i === 8 ? new Norm(3) : new BatchNorm(3))),
    );
  };
  const failed = async (Norm: typeof BatchNorm) => {
    const { results } = await gradcheck(deep(Norm), {
      input: [5, 3],
      context: { mode: 'training' },
    });
    return results.filter(({ pass }) => !pass).map(({ tensor }) => tensor);
  };

  test('nothing if there is no mistake', async () => {
    expect(await failed(BatchNorm)).toEqual([]);
  });

  test('in the gradient of a parameter: only that parameter fails', async () => {
    expect(await failed(HalfShift)).toEqual(['param:8.body.norm.bias']);
  });

  test('in the gradient of an input: the input and the parameters before it fail', async () => {
    const before = Array.from({ length: 8 }, (_, i) =>
      ['fc.weight', 'norm.weight', 'norm.bias'].map((name) => `param:${i}.body.${name}`),
    );
    expect(await failed(NoMean)).toEqual(['input', ...before.flat(), 'param:8.body.fc.weight']);
  });
});
