import * as tf from '@tensorflow/tfjs-core';
import { constant } from '../../lib/constant.ts';
import { Rng } from '../../lib/rng.ts';
import {
  LocalResponseNorm,
  type LocalResponseNormOptions,
} from '../../modules/localResponseNorm.ts';
import { expectAllClose } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

/**
 * The paper's equation b_i = a_i/(k + α Σ_{|j−i| ≤ radius} a_j²)^β. It does not divide α by the
 * size.
 */
function paper(
  a: readonly number[],
  radius: number,
  k: number,
  alpha: number,
  beta: number,
): number[] {
  return a.map((value, i) => {
    const near = a.filter((_, j) => Math.abs(j - i) <= radius);
    return value / (k + alpha * near.reduce((sum, x) => sum + x * x, 0)) ** beta;
  });
}

eachBackend('by hand', () => {
  test('three channels, with a window of three', () => {
    const box = new LocalResponseNorm(3, { alpha: 3, beta: 0.5, k: 4 });
    const { output, cache } = box.forward(tf.tensor2d([[1, 2, 4]]));
    // The sums in the denominators are s = 4 + 1² + 2², 4 + 1² + 2² + 4², 4 + 2² + 4².
    const s = [9, 25, 24];
    const y = [1 / 3, 2 / 5, 4 / Math.sqrt(24)];
    expectAllClose(output, { shape: [1, 3], values: y });
    const gradInput = box.backpropToInput(tf.tensor2d([[1, 0, 0]]), cache);
    const share = y[0] / s[0]; // channel 0 has only the neighbours 0 and 1
    expectAllClose(gradInput, { shape: [1, 3], values: [1 / 3 - share, -2 * share, 0] });
  });

  const rng = new Rng(8);
  const a = Array.from(rng.normals(9, 0, 30));

  test("krizhevsky2012 is the paper's equation", () => {
    const { output } = LocalResponseNorm.krizhevsky2012().forward(constant(a, [1, 9]));
    expectAllClose(output, { shape: [1, 9], values: paper(a, 2, 2, 1e-4, 0.75) });
  });

  test.each([{}, { depthRadius: 1, bias: 2, alpha: 0.02, beta: 0.75 }])(
    'fromTensorFlow(%j) is what tfjs computes',
    (args) => {
      const input: tf.Tensor4D = constant(rng.normals(2 * 3 * 4 * 7, 0, 3), [2, 3, 4, 7]);
      const { depthRadius, bias, alpha, beta } = {
        depthRadius: 5,
        bias: 1,
        alpha: 1,
        beta: 0.5,
        ...args,
      };
      const { output } = LocalResponseNorm.fromTensorFlow(args).forward(input);
      const values = Array.from({ length: 24 }, (_, pixel) =>
        paper(
          [...input.dataSync().slice(7 * pixel, 7 * pixel + 7)],
          depthRadius,
          bias,
          alpha,
          beta,
        ),
      );
      expectAllClose(output, { shape: input.shape, values: values.flat() });
      if (tf.getBackend() === 'cpu') {
        const tfjs = tf.localResponseNormalization(input, depthRadius, bias, alpha, beta);
        expectAllClose(output, { shape: input.shape, values: [...tfjs.dataSync()] });
      }
    },
  );
});

describeFixture('localResponseNorm', (size: number, options: LocalResponseNormOptions) => {
  return new LocalResponseNorm(size, options);
});

describeContract(
  () => new LocalResponseNorm(3, { alpha: 1 }),
  () => [tf.tensor2d([1, 2, -4, 0, 5, 1, 3, 3], [2, 4]), tf.tensor2d([3, 2, 9, 1, -1], [1, 5])],
);

const cache = () => new LocalResponseNorm(3).forward(blank([4, 3])).cache;

describeFacts({
  'four channels: two below, one above': {
    box: () => new LocalResponseNorm(4),
    input: [2, 7, 5, 6],
    output: [2, 7, 5, 6],
    multiplyAdds: 0,
    window: [
      [1, 1],
      [1, 1],
    ],
    inputs: [
      [
        [6, 2, 3],
        [
          [6, 6],
          [2, 2],
          [1, 4],
        ],
      ],
      [
        [0, 0, 0],
        [
          [0, 0],
          [0, 0],
          [0, 1],
        ],
      ],
    ],
    words: 'LocalResponseNorm over 4 channels',
  },
  'of rows': {
    box: () => new LocalResponseNorm(3),
    input: [2, 6],
    output: [2, 6],
    multiplyAdds: 0,
    window: [],
    inputs: [[[5], [[4, 5]]]],
    words: 'LocalResponseNorm over 3 channels',
  },
});

describeRefusals([
  [
    'LocalResponseNorm: unknown option gamma; expected one of alpha, beta, k',
    () => new LocalResponseNorm(3, { gamma: 1 } as never),
  ],
  [
    'LocalResponseNorm.fromTensorFlow: unknown option depth; expected one of depthRadius, bias, alpha, beta',
    () => LocalResponseNorm.fromTensorFlow({ depth: 1 } as never),
  ],
  [
    'LocalResponseNorm.forward: expected input of rank 2 or more, got shape [3]',
    () => new LocalResponseNorm(3).facts([[3]]),
  ],
  [
    'LocalResponseNorm.forward: expected input of rank 2 or more, got shape [3]',
    () => new LocalResponseNorm(3).forward(blank([3])),
  ],
  [
    'LocalResponseNorm.forward: expected input of dtype float32, got int32',
    () => new LocalResponseNorm(3).forward(blank([4, 3], 'int32')),
  ],
  [
    'LocalResponseNorm.backpropToInput: expected gradOutput of shape [4, 3], got [4, 1]',
    () => new LocalResponseNorm(3).backpropToInput(blank([4, 1]), cache()),
  ],
  [
    'LocalResponseNorm: expected size to be an integer of at least 1, got 0',
    () => new LocalResponseNorm(0),
  ],
  [
    'LocalResponseNorm: expected alpha to be a number of at least 0, got -1',
    () => new LocalResponseNorm(3, { alpha: -1 }),
  ],
  [
    'LocalResponseNorm: expected beta to be a number of at least 0, got NaN',
    () => new LocalResponseNorm(3, { beta: NaN }),
  ],
  [
    'LocalResponseNorm: expected k to be a number above 0, got 0',
    () => new LocalResponseNorm(3, { k: 0 }),
  ],
]);
