import * as tf from '@tensorflow/tfjs-core';
import { gradcheck, gradcheckAll, type Cases } from '../../gradcheck/index.ts';
import { useBackend } from '../../lib/backend/useBackend.ts';
import type { ContainerCache } from '../../lib/container.ts';
import type { Geometry } from '../../lib/geometry.ts';
import { constant, scalar } from '../../lib/constant.ts';
import { Module, type Context, type ForwardResult } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { Euclidean } from '../../losses/euclidean.ts';
import { Conv2D, type Conv2DCache } from '../../modules/conv2d.ts';
import { Sequential } from '../../modules/container/sequential.ts';
import { Linear, type LinearCache } from '../../modules/linear.ts';
import { MaxPool2D, type MaxPool2DCache } from '../../modules/maxPool2d.ts';
import { ReLU } from '../../modules/relu.ts';
import { Sum } from '../../modules/sum.ts';
import { Softmax } from '../../modules/softmax.ts';
import { Tanh, type TanhCache } from '../../modules/tanh.ts';

/** Tests that the gradient check finds the mistake in each of these boxes. */

const rng = () => new Rng(1);

class WrongSign extends Linear {
  override backpropToInput(gradOutput: tf.Tensor2D, cache: LinearCache) {
    return tf.neg(super.backpropToInput(gradOutput, cache));
  }
}

class TransposedGradient extends Linear {
  override backpropToParams(gradOutput: tf.Tensor2D, cache: LinearCache) {
    const { weight, ...bias } = super.backpropToParams(gradOutput, cache);
    const { shape } = weight;
    return { weight: tf.reshape<tf.Rank.R2>(tf.transpose(weight), shape), ...bias };
  }
}

class TransposedShape extends Linear {
  override backpropToParams(gradOutput: tf.Tensor2D, cache: LinearCache) {
    const { weight, ...bias } = super.backpropToParams(gradOutput, cache);
    return { weight: tf.transpose(weight), ...bias };
  }
}

class NoBatchSum extends Linear {
  override backpropToParams(gradOutput: tf.Tensor2D, cache: LinearCache) {
    const { weight } = super.backpropToParams(gradOutput, cache);
    const [, outFeatures] = gradOutput.shape;
    return {
      weight,
      bias: tf.reshape<tf.Rank.R1>(tf.slice(gradOutput, [1, 0], [1, -1]), [outFeatures]),
    };
  }
}

class MeanForSum extends Linear {
  override backpropToParams(gradOutput: tf.Tensor2D, cache: LinearCache) {
    const { weight, ...bias } = super.backpropToParams(gradOutput, cache);
    return { weight: tf.mul<tf.Tensor2D>(weight, scalar(1 / gradOutput.shape[0])), ...bias };
  }
}

class MissingFactor extends Euclidean {
  override backpropToInput(cache: { difference: tf.Tensor }) {
    return tf.mul(super.backpropToInput(cache), scalar(2));
  }
}

class MissingDerivative extends Tanh {
  override backpropToInput(gradOutput: tf.Tensor) {
    return gradOutput.clone();
  }
}

class IgnoresGradOutput extends Tanh {
  override backpropToInput(gradOutput: tf.Tensor, cache: TanhCache) {
    return super.backpropToInput(tf.onesLike(gradOutput), cache);
  }
}

/** Each window overwrites the gradient of earlier windows instead of adding to it. */
class Overwrites extends MaxPool2D {
  override backpropToInput(gradOutput: tf.Tensor4D, { input, output, geometry }: MaxPool2DCache) {
    const [x, y, g] = [input, output, gradOutput].map((tensor) => tensor.dataSync());
    const grad = new Float64Array(x.length);
    forEachCell(geometry, (window, pixel) => {
      if (x[pixel] === y[window]) grad[pixel] = g[window];
    });
    return constant<tf.Rank.R4>(grad, input.shape);
  }
}

/** Visits the pixels of each window, for one image with one channel. */
function forEachCell(
  { height, width }: Geometry,
  visit: (window: number, pixel: number) => void,
): void {
  for (let i = 0; i < height.output; i++)
    for (let j = 0; j < width.output; j++)
      for (let p = 0; p < height.kernel; p++)
        for (let q = 0; q < width.kernel; q++)
          visit(i * width.output + j, (i * height.stride + p) * width.input + j * width.stride + q);
}

/** Computes the input gradient as if the image had no first row. */
class WrongBorder extends Conv2D {
  override backpropToInput(gradOutput: tf.Tensor4D, cache: Conv2DCache) {
    const grad = super.backpropToInput(gradOutput, cache);
    const [, height] = grad.shape;
    const inside = tf.slice(grad, [0, 1, 0, 0], [-1, height - 1, -1, -1]);
    return tf.pad<tf.Tensor4D>(inside, [
      [0, 0],
      [1, 0],
      [0, 0],
      [0, 0],
    ]);
  }
}

class OffByOne extends Conv2D {
  override backpropToInput(gradOutput: tf.Tensor4D, cache: Conv2DCache) {
    const grad = super.backpropToInput(gradOutput, cache);
    const [, height] = grad.shape;
    const moved = tf.slice(grad, [0, 0, 0, 0], [-1, height - 1, -1, -1]);
    return tf.pad<tf.Tensor4D>(moved, [
      [0, 0],
      [1, 0],
      [0, 0],
      [0, 0],
    ]);
  }
}

class FlippedKernel extends Conv2D {
  override backpropToParams(gradOutput: tf.Tensor4D, cache: Conv2DCache) {
    const { weight, ...bias } = super.backpropToParams(gradOutput, cache);
    return { weight: tf.reverse<tf.Tensor4D>(weight, [0, 1]), ...bias };
  }
}

class NoGradient extends Linear {
  override backpropToParams(gradOutput: tf.Tensor2D, cache: LinearCache) {
    const { weight, ...bias } = super.backpropToParams(gradOutput, cache);
    return { weight: tf.zerosLike(weight), ...bias };
  }
}

const on = (shape: number[]) => ({ input: shape });

/** Runs the gradient check and returns the message of each tensor that failed. */
async function failures(
  box: Parameters<typeof gradcheck>[0],
  options: Parameters<typeof gradcheck>[1],
) {
  const { pass, results } = await gradcheck(box, options);
  const failed = results.filter((result) => !result.pass);
  expect(pass).toBe(failed.length === 0);
  return Object.fromEntries(failed.map(({ tensor, message }) => [tensor, message]));
}

beforeAll(() => useBackend('float64'));

describe('names the mistake', () => {
  test.each([
    ['input', 'the sign is wrong', () => new WrongSign(3, 2, { rng: rng() }), on([4, 3])],
    ['param:weight', 'transposed', () => new TransposedGradient(3, 2, { rng: rng() }), on([4, 3])],
    [
      'param:bias',
      'the batch is not summed: this is the gradient of example 1 alone',
      () => new NoBatchSum(3, 2, { rng: rng() }),
      on([4, 3]),
    ],
    [
      'param:weight',
      'off by a factor 0.25 (1/batch)',
      () => new MeanForSum(3, 2, { rng: rng() }),
      on([4, 3]),
    ],
    ['param:weight', 'it is zero', () => new NoGradient(3, 2, { rng: rng() }), on([4, 3])],
    [
      'input',
      'gradOutput is passed on: the derivative is missing',
      () => new MissingDerivative(),
      on([2, 3]),
    ],
    [
      'input',
      'gradOutput is ignored: this is the gradient of the sum of the outputs',
      () => new IgnoresGradOutput(),
      on([2, 3]),
    ],
    [
      'input',
      'only one of several terms is there: = for += where windows overlap',
      () => new Overwrites([3, 2], { stride: 1 }),
      on([1, 5, 4, 1]),
    ],
    [
      'input',
      'wrong only at the border',
      () => new WrongBorder(2, 3, [2, 3], { rng: rng() }),
      on([2, 5, 4, 2]),
    ],
    [
      'input',
      'shifted by one along axis 1',
      () => new OffByOne(2, 3, [2, 3], { rng: rng() }),
      on([2, 5, 4, 2]),
    ],
    [
      'param:weight',
      'flipped along axes 0, 1: a convolution where a correlation was meant, or the reverse',
      () => new FlippedKernel(2, 3, [2, 3], { rng: rng() }),
      on([2, 5, 4, 2]),
    ],
  ] as const)('%s: %s', async (tensor, guess, make, options) => {
    const messages = await failures(make(), options);
    expect(Object.keys(messages)).toContain(tensor);
    expect(messages[tensor]?.split('; looks like this: ')[1]).toBe(guess);
  });

  test('a wrong factor in a cost', async () => {
    const messages = await failures(new MissingFactor(), {
      input: [3, 2],
      target: constant([1, 2, 3, 4, 5, 6], [3, 2]),
    });
    expect(messages.input).toMatch(/looks like this: off by a factor 2$/);
  });

  test('the message has box, tensor, index, both numbers and the step', async () => {
    const { input } = await failures(new WrongSign(3, 2, { rng: rng() }), on([4, 3]));
    expect(input).toMatch(
      /^input\[0, 0\]: analytic (-?[\d.]+), numeric (-?[\d.]+), step 1\.0e-5 and 11 more of 12; looks like this: the sign is wrong$/,
    );
    const [, analytic, numeric] = /analytic (\S+), numeric (\S+),/.exec(input ?? '') ?? [];
    expect(Number(analytic)).toBe(-Number(numeric));
  });

  test('a wrong shape', async () => {
    const messages = await failures(new TransposedShape(3, 2, { rng: rng() }), on([4, 3]));
    expect(messages).toEqual({
      'param:weight': 'expected a gradient of shape [2, 3], got [3, 2]; looks transposed',
    });
  });
});

/** A tanh. Each subclass breaks one rule of the box contract. */
abstract class Tampered extends Module<tf.Tensor, tf.Tensor, { output: tf.Tensor }> {
  protected readonly tanh = new Tanh();

  forward(input: tf.Tensor, _context?: Context): ForwardResult<tf.Tensor, { output: tf.Tensor }> {
    return this.tanh.forward(input);
  }

  backpropToInput(gradOutput: tf.Tensor, cache: { output: tf.Tensor }): tf.Tensor {
    return this.tanh.backpropToInput(gradOutput, cache);
  }
}

class RemembersOnThis extends Tampered {
  #last: tf.Tensor = tf.zeros([1]);

  override forward(input: tf.Tensor) {
    const result = super.forward(input);
    this.#last = tf.keep(result.output.clone());
    return result;
  }

  override backpropToInput(gradOutput: tf.Tensor) {
    return this.tanh.backpropToInput(gradOutput, { output: this.#last });
  }
}

class SquaresGradOutput extends Tampered {
  override backpropToInput(gradOutput: tf.Tensor, cache: { output: tf.Tensor }) {
    return super.backpropToInput(tf.mul(gradOutput, tf.abs(gradOutput)), cache);
  }
}

class AddsToTheGradient extends Tampered {
  override backpropToInput(gradOutput: tf.Tensor, cache: { output: tf.Tensor }) {
    return tf.add(super.backpropToInput(gradOutput, cache), scalar(1e-3));
  }
}

class Leaks extends Tampered {
  override forward(input: tf.Tensor) {
    tf.keep(tf.square(input));
    return super.forward(input);
  }
}

class DisposesItsInput extends Tampered {
  override forward(input: tf.Tensor) {
    const result = super.forward(input);
    input.dispose();
    return result;
  }
}

class ReturnsItsInput extends Tampered {
  override forward(input: tf.Tensor) {
    return { output: input, cache: { output: input } };
  }

  override backpropToInput(gradOutput: tf.Tensor) {
    return gradOutput.clone();
  }
}

class ReturnsGradOutput extends Tampered {
  override forward(input: tf.Tensor) {
    const output = input.clone();
    return { output, cache: { output: output.clone() } };
  }

  override backpropToInput(gradOutput: tf.Tensor) {
    return gradOutput;
  }
}

/** The identity. Its subclasses forget one of the clones that it needs. */
class Same extends Module<tf.Tensor, tf.Tensor, null> {
  forward(input: tf.Tensor): ForwardResult<tf.Tensor, null> {
    return { output: input.clone(), cache: null };
  }

  backpropToInput(gradOutput: tf.Tensor) {
    return gradOutput.clone();
  }
}

class InfersItsInput extends Same {
  override infer(input: tf.Tensor) {
    return input;
  }
}

class BackpropsGradOutput extends Same {
  override backprop(gradOutput: tf.Tensor) {
    return { gradInput: gradOutput, gradParams: {} };
  }
}

/** Caches its input without a clone, so the cache is lost when the caller disposes the input. */
class CachesItsInput extends Tampered {
  override forward(input: tf.Tensor) {
    return { output: tf.tanh(input), cache: { output: input } };
  }

  override backpropToInput(gradOutput: tf.Tensor, { output }: { output: tf.Tensor }) {
    return tf.tidy(() => super.backpropToInput(gradOutput, { output: tf.tanh(output) }));
  }
}

class CachesItsInputInTraining extends CachesItsInput {
  override infer(input: tf.Tensor) {
    return tf.tanh(input);
  }
}

class StatesAnotherShape extends Tanh {
  override facts() {
    return { outputShape: [2, 4] };
  }
}

class StatesAnotherRange extends Tanh {
  override facts() {
    return { range: [0, 1] as const };
  }
}

/**
 * Declares in `facts` that each element depends on the input at its own place only. In fact it
 * depends on all features.
 */
class StatesASmallWindow extends Linear {
  constructor() {
    super(3, 2, { rng: new Rng(0) });
  }

  override facts() {
    const channels = ([first, last]: readonly [number, number]) => [first, last] as const;
    return { window: { axes: [], channels } };
  }
}

/** Returns 2x and disposes x. */
function twice(x: tf.Tensor): tf.Tensor {
  const doubled = tf.tidy(() => tf.mul(x, scalar(2)));
  x.dispose();
  return doubled;
}

/**
 * Doubles the result of its boxes, forward and backward. A check that runs only the boxes would
 * miss the factor.
 */
class DoublesItsBoxes extends Sequential {
  override forward(input: tf.Tensor) {
    const { output, cache } = super.forward(input);
    return { output: twice(output), cache };
  }

  override infer(input: tf.Tensor) {
    return twice(super.infer(input));
  }

  override backpropToInput(gradOutput: tf.Tensor, cache: ContainerCache) {
    return twice(super.backpropToInput(gradOutput, cache));
  }

  override backprop(gradOutput: tf.Tensor, cache: ContainerCache) {
    const { gradInput, gradParams } = super.backprop(gradOutput, cache);
    return { gradInput: twice(gradInput), gradParams };
  }
}

class MovesItsParameter extends Tampered {
  override readonly params = { scale: tf.variable(scalar(2)) };

  override forward(input: tf.Tensor) {
    const { output } = super.forward(input);
    this.params.scale.assign(tf.tidy(() => tf.add(this.params.scale, scalar(0.5))));
    return { output: tf.mul(output, this.params.scale), cache: { output } };
  }

  override backpropToParams() {
    return { scale: scalar(0) };
  }
}

class CountsItsRuns extends Tampered {
  #runs = 0;

  override forward(input: tf.Tensor) {
    const { output, cache } = super.forward(input);
    return { output: tf.mul(output, scalar(1 + ++this.#runs * 1e-3)), cache };
  }
}

class ReturnsNaN extends Tampered {
  override backpropToInput(gradOutput: tf.Tensor) {
    return tf.mul(gradOutput, scalar(NaN));
  }
}

class OtherBackprop extends Tampered {
  override backprop(gradOutput: tf.Tensor, cache: { output: tf.Tensor }) {
    const { gradInput, gradParams } = super.backprop(gradOutput, cache);
    return { gradInput: tf.mul(gradInput, scalar(1.001)), gradParams };
  }
}

describe('a box that takes a list', () => {
  test('accepts a list of shapes, of tensors, or of both', async () => {
    const x = tf.tensor2d([[1, -2, 3]]);
    const both = await gradcheck(new Sum(), { input: [[1, 3], x] });
    expect(both.results.map(({ tensor, pass }) => [tensor, pass])).toEqual([
      ['output', true],
      ['input:0', true],
      ['input:1', true],
    ]);
    expect(both.results[0].config).toBe('on [1, 3] and [1, 3]');
  });

  test.each([
    [[[2, 3], 'x'], '"x"'],
    [[2.5, 3], '2.5'],
    [undefined, 'undefined'],
  ])('%j is refused', async (input, got) => {
    await expect(gradcheck(new Sum() as never, { input: input as never })).rejects.toThrow(
      `gradcheck: expected input to be a shape, a tensor, or a list of them, got ${got}`,
    );
  });
});

describe('checks the contract of a box', () => {
  test.each([
    ['input', 'another forward in between changes the gradient', () => new RemembersOnThis()],
    ['input', 'the gradient is not finite', () => new ReturnsNaN()],
    ['output', 'forward leaves 1 tensor behind: return, cache or dispose them', () => new Leaks()],
    [
      'output',
      'the input is disposed: only its owner may dispose it',
      () => new DisposesItsInput(),
    ],
    ['output', 'the output is the input itself: return a clone', () => new ReturnsItsInput()],
    ['output', 'infer returns the input itself: return a clone', () => new InfersItsInput()],
    ['input', 'the gradient is gradOutput itself: return a clone', () => new ReturnsGradOutput()],
    ['input', 'the gradient is gradOutput itself: return a clone', () => new BackpropsGradOutput()],
    [
      'output',
      'backward fails after the input and output are disposed: cache clones of them',
      () => new CachesItsInputInTraining(),
    ],
    ['output', 'infer disposes the input: cache a clone of it', () => new CachesItsInput()],
    ['output', 'two forward runs differ', () => new CountsItsRuns()],
    [
      'output',
      'facts state an output of shape [2, 4], forward returns [2, 3]',
      () => new StatesAnotherShape(),
    ],
    [
      'output',
      expect.stringMatching(/^facts state outputs from 0 to 1, forward returns -0\.\d+$/),
      () => new StatesAnotherRange(),
    ],
    [
      'output',
      expect.stringMatching(
        /^facts state a window that is too small: output \[[01]\] depends on the input at \[[0-2]\], outside \[\[[01],[01]\]\]$/,
      ),
      () => new StatesASmallWindow(),
    ],
    [
      'output',
      expect.stringMatching(
        /^Sequential\[1\] > StatesASmallWindow: facts state a window that is too small/,
      ),
      () => new Sequential([new Tanh(), new StatesASmallWindow()]),
    ],
    [
      'output',
      'the boxes in the order of the traversal do not give the output of forward',
      () => new DoublesItsBoxes([new Tanh()]),
    ],
  ] as const)('%s: %s', async (tensor, message, make) => {
    expect((await failures(make(), on([2, 3])))[tensor]).toEqual(message);
  });

  test('a gradient that is not linear in gradOutput, or not zero for zeros, fails even if its values are right', async () => {
    const { gradcheckContract } = await contract();
    expect(gradcheckContract(new SquaresGradOutput())).toContain(
      'the gradient is not linear in gradOutput',
    );
    expect(gradcheckContract(new AddsToTheGradient())).toContain(
      'a gradOutput of zeros gives a gradient that is not zero',
    );
    expect(gradcheckContract(new OtherBackprop())).toContain(
      'backprop differs from the two methods',
    );
    expect(gradcheckContract(new MovesItsParameter())).toContain(
      'a parameter or buffer is modified',
    );
  });

  async function contract() {
    const { checkContract } = await import('../../gradcheck/contract.ts');
    const { GradcheckTarget } = await import('../../gradcheck/target.ts');
    const gradcheckContract = (box: Tampered) => {
      const input = constant([1, -2, 0.5, 0.3], [2, 2]);
      const target = new GradcheckTarget({ config: '', box, input });
      return checkContract(target, rng().normals(4), rng()).map(({ message }) => message);
    };
    return { gradcheckContract };
  }
});

/**
 * A box whose output is constant. Its gradient is right, but it is 0 everywhere, so a check proves
 * nothing.
 */
class Constant extends Module<tf.Tensor, tf.Tensor, { shape: number[] }> {
  forward(input: tf.Tensor) {
    return { output: tf.onesLike(input), cache: { shape: input.shape } };
  }

  backpropToInput(gradOutput: tf.Tensor) {
    return tf.zerosLike(gradOutput);
  }
}

test('a case in which both gradients are zero is vacuous, and fails', async () => {
  expect(await failures(new Constant(), on([2, 3]))).toEqual({
    input: 'vacuous: the analytic and the numeric gradient are both zero',
  });
});

test('finds a softmax gradient without its second term, which a check of the sum of outputs would miss', async () => {
  class NoSecondTerm extends Softmax {
    override backpropToInput(gradOutput: tf.Tensor, { output }: { output: tf.Tensor }) {
      return tf.mul(gradOutput, output);
    }
  }
  expect(Object.keys(await failures(new NoSecondTerm(), on([2, 3])))).toEqual(['input']);
});

describe('kinks', () => {
  const at = (values: number[]) => ({ input: constant(values, [1, values.length]) });

  test('a coordinate at a kink is drawn again, counted and reported', async () => {
    const { pass, results } = await gradcheck(
      new ReLU(),
      at([0, 1, -2, 3, 0.5, -0.7, 1.5, 2, -1, 4, 5, 6]),
    );
    expect(pass).toBe(true);
    expect(results[1]).toMatchObject({ tensor: 'input', skipped: 1, checked: 12 });
  });

  test('a kink closer than the first step is distinguished from a wrong gradient by smaller steps', async () => {
    const { pass, results } = await gradcheck(new ReLU(), at([3e-6, -4e-6, 1, 2, -3]));
    expect(pass).toBe(true);
    expect(results[1]).toMatchObject({ skipped: 0, checked: 5 });
  });

  test('a kink just within the smallest step is not taken for a wrong gradient', async () => {
    const { pass, results } = await gradcheck(new ReLU(), at([1.5e-7, -1, 1, 2, -3, 4, 5]));
    expect(results[1].message).toBeUndefined();
    expect(pass).toBe(true);
    expect(results[1]).toMatchObject({ skipped: 1, checked: 7 });
  });

  test('too many kinks fail the case', async () => {
    const { results } = await gradcheck(new ReLU(), at([0, 0, 0, 1, 2]));
    expect(results[1].message).toBe(
      '3 of 5 coordinates stand at kinks: keep the inputs away from them',
    );
  });

  test('a wrong gradient near a kink is not taken for a kink', async () => {
    class LeaksBelow extends ReLU {
      override backpropToInput(gradOutput: tf.Tensor, cache: { output: tf.Tensor }) {
        return tf.tidy(() =>
          tf.add(super.backpropToInput(gradOutput, cache), tf.mul(gradOutput, scalar(1e-5))),
        );
      }
    }
    expect(Object.keys(await failures(new LeaksBelow(), at([1, -1, 2, -2, 3])))).toEqual(['input']);
    // At the second value, a kink lies just within the smallest step.
    expect(Object.keys(await failures(new LeaksBelow(), at([1, 1.5e-7, 2, 3])))).toEqual(['input']);
  });
});

/**
 * sin(3000 x) + 1e7. A long difference step suffers from the curvature, a short one from rounding.
 */
class Wave extends Module<tf.Tensor, tf.Tensor, { input: tf.Tensor }> {
  readonly #factor: number;

  /** @param factor multiplies the gradient; only 1 is right. */
  constructor(factor: number) {
    super();
    this.#factor = factor;
  }

  forward(input: tf.Tensor) {
    const output = tf.tidy(() => tf.add(tf.sin(tf.mul(input, scalar(3000))), scalar(1e7)));
    return { output, cache: { input: input.clone() } };
  }

  backpropToInput(gradOutput: tf.Tensor, { input }: { input: tf.Tensor }) {
    return tf.tidy(() => {
      const slope = tf.mul(tf.cos(tf.mul(input, scalar(3000))), scalar(3000 * this.#factor));
      return tf.mul(gradOutput, slope);
    });
  }
}

describe('if no single step is accurate, the check combines many steps', () => {
  const at = () => ({ input: constant([0.3, -0.7, 0.11, 0.5], [2, 2]) });

  test('a right gradient passes', async () => {
    expect(await failures(new Wave(1), at())).toEqual({});
  });

  test.each([1.00001, 0.99999, 1.001, -1])(
    'a gradient that is wrong by a factor %p fails',
    async (factor) => {
      const { input } = await failures(new Wave(factor), at());
      expect(input).toContain('and 3 more of 4');
    },
  );
});

describe('gradcheck changes nothing outside', () => {
  test('restores backend, parameters and live tensors', async () => {
    await useBackend('cpu');
    const box = new Linear(3, 2, { rng: rng() });
    const input = tf.ones([2, 3]);
    const before = {
      numTensors: tf.memory().numTensors,
      weight: [...box.params.weight.dataSync()],
    };
    expect((await gradcheck(box, { input })).pass).toBe(true);
    expect(tf.getBackend()).toBe('cpu');
    expect([...box.params.weight.dataSync()]).toEqual(before.weight);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    await useBackend('float64');
  });

  test('an error of the box is reported, and does not stop the check', async () => {
    expect(await failures(new Linear(3, 2, { rng: rng() }), on([2, 4]))).toEqual({
      output: 'Linear.forward: expected input of shape [N, 3], got [2, 4]',
    });
  });
});

describe('gradcheckAll', () => {
  const cases: Cases = {
    Tanh: (draw) => ({
      config: 'Tanh()',
      box: new Tanh(),
      input: draw.normal([draw.integer(1, 9)]),
    }),
  };

  test('an exported box without a case fails', async () => {
    const { pass, results } = await gradcheckAll({ Tanh, ReLU, Rng }, cases, { cases: 2 });
    expect(pass).toBe(false);
    expect(results.filter((result) => !result.pass)).toEqual([
      expect.objectContaining({
        name: 'ReLU',
        message: 'is exported and has no gradient-check case',
      }),
    ]);
  });

  test('a case does not depend on the other checked boxes', async () => {
    const alone = await gradcheckAll({ Tanh }, cases, { names: ['Tanh'], cases: 3, seed: 7 });
    const beside = await gradcheckAll(
      { ReLU, Tanh },
      { ...cases, ReLU: cases.Tanh },
      { cases: 3, seed: 7 },
    );
    expect(beside.results.filter(({ name }) => name === 'Tanh')).toEqual(alone.results);
  });

  test('another seed draws other cases', async () => {
    const [one, other] = [1, 2].map((seed) => gradcheckAll({ Tanh }, cases, { cases: 5, seed }));
    expect((await one).results).not.toEqual((await other).results);
  });

  test('an unknown name is refused', async () => {
    await expect(gradcheckAll({ Tanh }, cases, { names: ['Tahn'] })).rejects.toThrow(
      'unknown box or cost "Tahn"; did you mean Tanh?',
    );
  });
});
