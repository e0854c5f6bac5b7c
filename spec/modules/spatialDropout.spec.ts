import * as tf from '@tensorflow/tfjs-core';
import { withBackend } from '../../lib/backend/useBackend.ts';
import { Rng } from '../../lib/rng.ts';
import { SpatialDropout } from '../../modules/spatialDropout.ts';
import { expectAllClose, expectNoLeak, numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals, disposed } from '../support/refusals.ts';

const training = (seed = 0) => ({ mode: 'training', rng: new Rng(seed) }) as const;
const p = 0.3;

/**
 * A SpatialDropout that always runs in training mode, with the same random numbers in every forward
 * pass.
 */
class InTraining extends SpatialDropout {
  override forward(input: tf.Tensor) {
    return super.forward(input, training());
  }
}

/** The values of each channel of each example, as out[n][c][position]. */
function byChannel(x: tf.Tensor): number[][][] {
  const [batch, channels] = [x.shape[0], x.shape[x.rank - 1]];
  const values = x.dataSync();
  const positions = x.size / batch / channels;
  return Array.from({ length: batch }, (_, n) =>
    Array.from({ length: channels }, (_, c) =>
      Array.from({ length: positions }, (_, i) => values[(n * positions + i) * channels + c]),
    ),
  );
}

eachBackend('by hand', () => {
  test.each([{ shape: [3, 2, 5, 4] }, { shape: [2, 7, 3] }, { shape: [1, 2, 3, 2, 5] }])(
    'all positions of a channel are dropped or kept together, forward and backward: $shape',
    ({ shape }) => {
      const [batch, channels] = [shape[0], shape[shape.length - 1]];
      const mask = Array.from(new Rng(7).uniforms(batch * channels), (draw) =>
        draw < p ? 0 : 1 / 0.7,
      );
      expect(new Set(mask).size).toBe(2);
      const size = shape.reduce((product, length) => product * length);
      const perExample = size / batch;
      const maskOf = (i: number) => mask[Math.floor(i / perExample) * channels + (i % channels)];
      const x = Array.from({ length: size }, (_, i) => i - 4.5);
      const box = new SpatialDropout({ p });
      const { output, cache } = box.forward(tf.tensor(x, shape), training(7));
      expectAllClose(output, { shape, values: x.map((value, i) => value * maskOf(i)) });
      const g = x.map((value) => 10 - 3 * value);
      const gradInput = box.backpropToInput(tf.tensor(g, shape), cache);
      expectAllClose(gradInput, { shape, values: g.map((value, i) => value * maskOf(i)) });
    },
  );

  test.each([undefined, { mode: 'inference' }, { mode: 'inference', rng: new Rng(0) }] as const)(
    'the identity in inference: %p',
    (context) => {
      const box = new SpatialDropout({ p });
      const { output, cache } = box.forward(
        tf.tensor3d([
          [
            [1, -2],
            [3, 4],
          ],
        ]),
        context,
      );
      expect(numbers(output)).toEqual([
        [
          [1, -2],
          [3, 4],
        ],
      ]);
      expect(
        numbers(
          box.backpropToInput(
            tf.tensor3d([
              [
                [4, 5],
                [-6, 7],
              ],
            ]),
            cache,
          ),
        ),
      ).toEqual([
        [
          [4, 5],
          [-6, 7],
        ],
      ]);
      expect(context?.rng?.state.counter ?? 0).toBe(0);
    },
  );

  test('the backward uses its own cache, even after another forward', () => {
    const box = new SpatialDropout({ p });
    const x = tf.ones([4, 2, 3, 5]);
    const trained = box.forward(x, training(1));
    const inferred = box.forward(x);
    box.forward(x, training(2));
    expect(numbers(box.backpropToInput(x, trained.cache))).toEqual(numbers(trained.output));
    expect(numbers(box.backpropToInput(x, inferred.cache))).toEqual(numbers(x));
  });

  test('leaves no tensor behind in training', () => {
    const x = tf.ones([2, 3, 4, 5]);
    expectNoLeak(() => {
      const box = new SpatialDropout({ p });
      const { output, cache } = box.forward(x, training());
      tf.dispose([box.backpropToInput(output, cache), output]);
      tf.dispose(cache.mask ?? []);
    });
  });
});

eachBackend('statistics', () => {
  test('whole channels are dropped, a share p of them, and the mean is kept', () => {
    const [batch, channels] = [200, 50];
    const { output } = new SpatialDropout({ p }).forward(
      tf.ones([batch, 2, 3, channels]),
      training(3),
    );
    const maps = byChannel(output).flat();
    const kept = Math.fround(1 / 0.7);
    for (const map of maps) expect([0, kept]).toContain(map[0]);
    for (const map of maps) expect(new Set(map).size).toBe(1);
    // Five standard deviations of the share of dropped channels.
    const slack = 5 * Math.sqrt((p * (1 - p)) / maps.length);
    const dropped = maps.filter(([first]) => first === 0).length / maps.length;
    expect(Math.abs(dropped - p)).toBeLessThan(slack);
    expect(Math.abs(tf.mean(output).dataSync()[0] - 1)).toBeLessThan(slack / 0.7);
  });

  test('different examples drop different channels', () => {
    const { output } = new SpatialDropout({ p }).forward(tf.ones([8, 2, 2, 16]), training(4));
    const patterns = byChannel(output).map((example) =>
      example.map(([first]) => first === 0).join(),
    );
    expect(new Set(patterns).size).toBe(8);
  });
});

test('the same state gives the same mask on every backend', async () => {
  const masks: unknown[] = [];
  for (const backend of ['cpu', 'wasm', 'float64'] as const) {
    await withBackend(backend, () => {
      const context = training(5);
      const { output } = new SpatialDropout({ p }).forward(tf.ones([3, 2, 1, 7]), context);
      expect(context.rng.state.counter).toBe(21);
      masks.push(Array.from(output.dataSync(), (value) => value === 0));
    });
  }
  expect(masks[1]).toEqual(masks[0]);
  expect(masks[2]).toEqual(masks[0]);
});

const inputs = (): [tf.Tensor, tf.Tensor] => [
  tf.reshape(tf.linspace(-2, 2, 48), [4, 2, 3, 2]),
  tf.reshape(tf.linspace(-1, 3, 10), [1, 2, 5]),
];

describeContract(() => new SpatialDropout(), inputs);
describeContract(() => new InTraining({ p }), inputs);

const box = new SpatialDropout();

test('facts: inference keeps the values', () => {
  const facts = { outputShape: [2, 3, 4], window: 'identity', multiplyAdds: 0 };
  expect(box.facts([[2, 3, 4]])).toEqual(facts);
});

describeRefusals([
  [
    'SpatialDropout: unknown option rate; expected one of p',
    () => new SpatialDropout({ rate: 0.5 } as never),
  ],
  [
    'SpatialDropout.forward: expected context.mode to be one of "training", "inference", got "train"',
    () =>
      new SpatialDropout().forward(blank([2, 3, 4]), {
        mode: 'train' as 'training',
        rng: new Rng(0),
      }),
  ],
  [
    'SpatialDropout.forward: expected input of rank 3 or more, got shape [2, 3]',
    () => box.facts([[2, 3]]),
  ],
  [
    'SpatialDropout.forward: expected input of rank 3 or more, got shape [2, 3]',
    () => box.forward(blank([2, 3])),
  ],
  [
    'SpatialDropout.forward: expected input of dtype float32, got int32',
    () => box.forward(blank([2, 3, 4], 'int32')),
  ],
  [
    'SpatialDropout.forward: expected input to be alive, got a disposed tensor',
    () => box.forward(disposed([2, 3, 4])),
  ],
  [
    'SpatialDropout.backpropToInput: expected gradOutput of shape [2, 3, 4], got [2, 1, 4]',
    () => box.backpropToInput(blank([2, 1, 4]), box.forward(blank([2, 3, 4])).cache),
  ],
  [
    'SpatialDropout.forward: expected context.rng, such as new Rng(0), to draw the mask from in training, got undefined',
    () => box.forward(blank([2, 3, 4]), { mode: 'training' }),
  ],
  [
    'SpatialDropout: expected p to be at least 0 and below 1, got 1',
    () => new SpatialDropout({ p: 1 }),
  ],
  [
    'SpatialDropout: expected p to be at least 0 and below 1, got -1',
    () => new SpatialDropout({ p: -1 }),
  ],
]);
