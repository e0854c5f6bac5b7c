import * as tf from '@tensorflow/tfjs-core';
import { gradcheckAll, type Cases } from '../../gradcheck/index.ts';
import { useBackend, type BackendName } from '../../lib/backend/useBackend.ts';
import { constant } from '../../lib/constant.ts';
import type { Module } from '../../lib/module.ts';
import { Euclidean } from '../../losses/euclidean.ts';
import { Tanh, type TanhCache } from '../../modules/tanh.ts';
import { BACKENDS } from '../support/fixtures.ts';

/**
 * Tests that the gradient check counts the tensors and values that these boxes leak, on every
 * backend.
 */

const leak = () => void tf.keep(constant([1], [1]));

/** Variants of tanh. In each, the named method leaks a tensor. */
const METHODS: Record<string, new () => Module> = {
  forward: class extends Tanh {
    override forward(input: tf.Tensor) {
      leak();
      return super.forward(input);
    }
  },
  infer: class extends Tanh {
    override infer(input: tf.Tensor) {
      leak();
      return super.infer(input);
    }
  },
  backpropToInput: class extends Tanh {
    override backpropToInput(gradOutput: tf.Tensor, cache: TanhCache) {
      leak();
      return super.backpropToInput(gradOutput, cache);
    }
  },
  backpropToParams: class extends Tanh {
    override backpropToParams() {
      leak();
      return {};
    }
  },
  backprop: class extends Tanh {
    override backprop(gradOutput: tf.Tensor, cache: TanhCache) {
      leak();
      return super.backprop(gradOutput, cache);
    }
  },
  backpropParams: class extends Tanh {
    override backpropParams(gradOutput: tf.Tensor, cache: TanhCache) {
      leak();
      return super.backpropParams(gradOutput, cache);
    }
  },
  updateBuffers: class extends Tanh {
    override updateBuffers() {
      leak();
    }
  },
};

/** Keeps a tensor in a plain field, so `dispose` does not find it. */
class Hoards extends Tanh {
  readonly hoard = constant([1], [1]);
}

/** Disposes a tensor, but keeps another reference to its values. */
class KeepsValues extends Tanh {
  override forward(input: tf.Tensor) {
    const squares = tf.square(input);
    tf.backend().incRef(squares.dataId);
    squares.dispose();
    return super.forward(input);
  }
}

class LosesItsGradient extends Euclidean {
  override backpropToInput(cache: { difference: tf.Tensor }) {
    return super.backpropToInput(cache).clone();
  }
}

async function messages(Box: new () => Module | Euclidean, backend: BackendName) {
  const cases: Cases = {
    Box: (draw) => {
      const box = new Box();
      const item = { config: '', box, input: draw.normal([2, 3]) };
      return box instanceof Euclidean ? { ...item, target: draw.normal([2, 3]) } : item;
    },
  };
  const { results } = await gradcheckAll({ Box }, cases, { cases: 1, backend });
  return results.filter(({ pass }) => !pass).map(({ message }) => message);
}

describe.each(['float64', ...BACKENDS] as const)('counts on: %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(Object.entries(METHODS))('a tensor that %s leaks', async (method, Box) => {
    expect(await messages(Box, backend)).toEqual([
      `${method} leaves 1 tensor behind: return, cache or dispose them`,
    ]);
  });

  test('a tensor that a disposed box keeps', async () => {
    expect(await messages(Hoards, backend)).toEqual([
      'dispose leaves 1 tensor behind: keep them in params or buffers, or override dispose',
    ]);
  });

  test('values without a tensor', async () => {
    expect(await messages(KeepsValues, backend)).toEqual([
      'forward leaves the values of 1 disposed tensor behind',
    ]);
  });

  test('a tensor that the gradient of a cost leaks', async () => {
    expect(await messages(LosesItsGradient, backend)).toEqual([
      'backpropToInput leaves 1 tensor behind: return, cache or dispose them',
    ]);
  });

  test('nothing if nothing leaks', async () => {
    expect(await messages(Tanh, backend)).toEqual([]);
    expect(await messages(Euclidean, backend)).toEqual([]);
  });
});
