import { mul, type Tensor } from '@tensorflow/tfjs-core';
import { gradcheckAll, type Cases } from '../../gradcheck/index.ts';
import type { BackendName } from '../../lib/backend/useBackend.ts';
import { scalar } from '../../lib/constant.ts';
import { Container, type Back, type Run } from '../../lib/container.ts';
import { tidy } from '../../lib/memory.ts';
import type { Module, NamedModule } from '../../lib/module.ts';
import { Dropout } from '../../modules/dropout.ts';
import { Linear } from '../../modules/linear.ts';
import { Sequential } from '../../modules/container/sequential.ts';
import { Tanh } from '../../modules/tanh.ts';

/**
 * Tests the gradient check of containers that a user writes: two right ones, and the mistakes that
 * are easy to make.
 */

type Child = NamedModule<Tensor, Tensor>;

/** A container that computes body(body(x)). */
class Twice extends Container {
  protected readonly body: Child;

  constructor(body: Module) {
    super({ body });
    this.body = ['body', body];
  }

  protected route<V>(input: V, run: Run<V>): V {
    return run(this.body, run(this.body, input));
  }

  protected backRoute(gradOutput: Tensor, back: Back): Tensor | undefined {
    return back.toInput(this.body, back.through(this.body, gradOutput));
  }
}

class OnceOnTheWayBack extends Twice {
  protected override backRoute(gradOutput: Tensor, back: Back) {
    return back.toInput(this.body, gradOutput);
  }
}

class ThriceOnTheWayBack extends Twice {
  protected override backRoute(gradOutput: Tensor, back: Back) {
    return super.backRoute(back.through(this.body, gradOutput), back);
  }
}

/**
 * Uses `toInput` for both uses of the body, although it is only for the first box of the forward
 * pass. In `backpropParams` it returns no gradient, so the route ends too early.
 */
class ToInputTwice extends Twice {
  protected override backRoute(gradOutput: Tensor, back: Back) {
    const grad = back.toInput(this.body, gradOutput);
    return grad && back.toInput(this.body, grad);
  }
}

/** A container that computes second(first(x)). */
class Pair extends Container {
  protected readonly first: Child;
  protected readonly second: Child;

  constructor(first: Module, second: Module) {
    super({ first, second });
    this.first = ['first', first];
    this.second = ['second', second];
  }

  protected route<V>(input: V, run: Run<V>): V {
    return run(this.second, run(this.first, input));
  }

  protected backRoute(gradOutput: Tensor, back: Back): Tensor | undefined {
    return back.toInput(this.first, back.through(this.second, gradOutput));
  }
}

class PairInForwardOrder extends Pair {
  protected override backRoute(gradOutput: Tensor, back: Back) {
    return back.toInput(this.second, back.through(this.first, gradOutput));
  }
}

/** Multiplies the gradient by a factor that the forward pass does not have. */
class PairScaled extends Pair {
  protected override backRoute(gradOutput: Tensor, back: Back) {
    const scaled = tidy(() => mul(gradOutput, scalar(2)));
    return super.backRoute(scaled, back);
  }
}

/**
 * Uses its input twice without a clone. The first box disposes the input, so the second use fails.
 */
class PairUnshared extends Pair {
  protected override route<V>(input: V, run: Run<V>): V {
    run(this.first, input);
    return run(this.second, input);
  }
}

const cases: Cases = {
  Twice: (draw) => {
    const { rng } = draw;
    const p = draw.pick(0, 0.4);
    const box = new Twice(
      new Sequential([new Linear(3, 3, { rng }), new Tanh(), new Dropout({ p })]),
    );
    const context = { mode: 'training', rng: rng.split() } as const;
    return { config: `Twice(p ${p})`, box, input: draw.normal([4, 3]), context };
  },
  Pair: (draw) => {
    const { rng } = draw;
    const box = new Pair(new Linear(3, 4, { rng }), new Linear(4, 2, { rng }));
    return { config: 'Pair()', box, input: draw.normal([2, 3]) };
  },
};

async function messages(exported: Record<string, unknown>, own: Cases, backend: BackendName) {
  const { results } = await gradcheckAll(exported, own, { cases: 4, backend });
  expect(results.length).toBeGreaterThan(0);
  return results.filter(({ pass }) => !pass).map(({ message }) => message);
}

test.each(['float64', 'cpu', 'wasm'] as const)('right containers pass on %s', async (backend) => {
  expect(await messages({ Twice, Pair }, cases, backend)).toEqual([]);
});

describe('a backward route', () => {
  const twice = (Wrong: new (body: Module) => Module) => (): Module =>
    new Wrong(new Sequential([new Tanh(), new Tanh()]));
  const pair = (Wrong: new (first: Module, second: Module) => Module) => (): Module =>
    new Wrong(new Tanh(), new Tanh());

  test.each<[string, string, () => Module]>([
    [
      'that forgets a box',
      'OnceOnTheWayBack.backprop: expected the backward route to visit "body", got its end',
      twice(OnceOnTheWayBack),
    ],
    [
      'that visits a box too often',
      'ThriceOnTheWayBack.backprop: expected the backward route to',
      twice(ThriceOnTheWayBack),
    ],
    [
      'in the order of the forward',
      'PairInForwardOrder.backprop: expected the backward route to visit "second", the reverse of the forward, got "first"',
      pair(PairInForwardOrder),
    ],
    ['that scales', 'off by a factor 2', pair(PairScaled)],
    [
      'that calls a box the first that is not',
      'expected the backward route to visit "body", got its end',
      twice(ToInputTwice),
    ],
    ['of a forward that uses a value twice without a clone', 'disposed', pair(PairUnshared)],
  ])('%s fails', async (_, message, make) => {
    const Wrong = make().constructor;
    const own: Cases = {
      Wrong: (draw) => ({ config: '', box: make(), input: draw.normal([2, 3]) }),
    };
    const [first] = await messages({ Wrong }, own, 'float64');
    expect(first).toContain(message);
  });
});
