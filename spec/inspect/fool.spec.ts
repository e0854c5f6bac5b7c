import * as tf from '@tensorflow/tfjs-core';
import { Flatten, init, Linear, Rng, Sequential, useBackend } from '../../index.ts';
import {
  closestAdversarial,
  imagine,
  lbfgs,
  type AdversarialTry,
  type Objective,
} from '../../inspect/index.ts';
import { expectNoLeak, messageOf } from '../support/compare.ts';
import { eachBackend } from '../support/fixtures.ts';
import { inputError } from '../support/inputError.ts';

const rosenbrock: Objective = ([x, y]) =>
  Promise.resolve({
    value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
  });

describe('lbfgs', () => {
  it("finds the bottom of Rosenbrock's valley", async () => {
    const [x, y] = await lbfgs(rosenbrock, Float64Array.of(-1.2, 1), {
      iterations: 100,
      tolerance: 1e-9,
    });
    expect([x, y].map((v) => Math.abs(v - 1) < 1e-6)).toEqual([true, true]);
  });

  it('stays in its bounds, and finds the best point on them', async () => {
    let widest = 0;
    const watched: Objective = (x) => {
      widest = Math.max(widest, ...x.map(Math.abs));
      return rosenbrock(x);
    };
    const [x, y] = await lbfgs(watched, Float64Array.of(-0.4, 0.4), {
      iterations: 100,
      bounds: [-0.5, 0.5],
    });
    // On the bound x = 0.5 the bottom of the valley is at y = 0.25. No point inside the bounds is
    // lower.
    expect(x).toBeCloseTo(0.5, 6);
    expect(y).toBeCloseTo(0.25, 6);
    expect(widest).toBeLessThanOrEqual(0.5);
  });

  it('needs few evaluations for a curved bowl of many variables', async () => {
    let evaluations = 0;
    const bowl: Objective = (x) => {
      evaluations++;
      const value = x.reduce((sum, v, i) => sum + (i + 1) * (v - i) ** 2, 0);
      return Promise.resolve({ value, gradient: x.map((v, i) => 2 * (i + 1) * (v - i)) });
    };
    const found = await lbfgs(bowl, new Float64Array(20));
    found.forEach((v, i) => expect(v).toBeCloseTo(i, 5));
    expect(evaluations).toBeLessThan(60);
  });

  it('returns the start at a minimum, and after 0 iterations', async () => {
    expect(await lbfgs(rosenbrock, Float64Array.of(1, 1))).toEqual(Float64Array.of(1, 1));
    const start = Float64Array.of(-1.2, 1);
    expect(await lbfgs(rosenbrock, start, { iterations: 0 })).toEqual(start);
    expect(start).toEqual(Float64Array.of(-1.2, 1));
  });
});

/** A classifier of 1x3 images into two classes: score 0 is w · x, and score 1 is 0. */
const classifier = (w: readonly number[]) =>
  new Sequential([
    new Flatten(),
    new Linear(3, 2, { bias: false, init: init.values([...w, 0, 0, 0]) }),
  ]);

eachBackend('fooling', () => {
  test('the closest image of another class lies just beyond the plane between the two', async () => {
    const w = [6, -3, 2];
    const network = classifier(w);
    const image = tf.tensor4d([0.6, 0.4, 0.5], [1, 1, 3, 1]);
    await closestAdversarial(network, { input: image, target: 1 }).then(release);
    const before = tf.memory().numTensors;
    const found = await closestAdversarial(network, { input: image, target: 1 });
    expect(found?.shape).toEqual([1, 1, 3, 1]);
    const moved = Array.from(found?.dataSync() ?? [], (v, i) => v - [0.6, 0.4, 0.5][i]);
    found?.dispose();
    expect(tf.memory().numTensors).toBe(before);
    // w · x = 3.4 and |w| = 7, so the image is 3.4/7 from the plane, in the direction −w/7.
    const along = -moved.reduce((sum, v, i) => sum + v * w[i], 0) / 7;
    expect(along).toBeGreaterThan(3.4 / 7);
    expect(along).toBeLessThan(1.2 * (3.4 / 7));
    moved.forEach((v, i) => expect(v).toBeCloseTo((-along * w[i]) / 7, 3));
  });

  test('a target that no image in 0 ... 1 reaches is not found', async () => {
    const image = tf.tensor4d([0.6, 0.4, 0.5], [1, 1, 3, 1]);
    expect(
      await closestAdversarial(classifier([1, 2, 3]), { input: image, target: 1 }),
    ).toBeUndefined();
    await expect(
      closestAdversarial(classifier([1, 2, 3]), { input: tf.zeros([2, 1, 3, 1]), target: 1 }),
    ).rejects.toThrow(
      inputError('closestAdversarial: expected an input of one example, got [2, 1, 3, 1]'),
    );
  });

  test('each λ is told, and a signal stops the search', async () => {
    const network = classifier([6, -3, 2]);
    const input = tf.tensor4d([0.6, 0.4, 0.5], [1, 1, 3, 1]);
    const told: AdversarialTry[] = [];
    const onTry = (tried: AdversarialTry) => void told.push(tried);
    await closestAdversarial(network, { input, target: 1, onTry }).then(release);
    // λ grows by a factor of 4 until the network predicts the target; then four bisections.
    const first = told.findIndex(({ found }) => found);
    expect(told.map(({ tries }) => tries)).toEqual(told.map((_, i) => i + 1));
    expect(told).toHaveLength(first + 5);
    for (let i = 1; i <= first; i++) {
      expect(told[i].weight / told[i - 1].weight).toBeCloseTo(4, 10);
    }
    expect(told.every(({ tries, atMost }) => tries <= atMost)).toBe(true);

    const stop = new AbortController();
    const before = tf.memory().numTensors;
    const reason = new Error('enough');
    const seen: number[] = [];
    const stopped = closestAdversarial(network, {
      input,
      target: 1,
      signal: stop.signal,
      onTry: ({ tries }) => {
        seen.push(tries);
        if (tries === 2) stop.abort(reason);
      },
    });
    await expect(stopped).rejects.toBe(reason);
    expect(seen).toEqual([1, 2]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a message of the event loop stops a search', async () => {
    const input = tf.tensor4d([0.6, 0.4, 0.5], [1, 1, 3, 1]);
    const stop = new AbortController();
    setImmediate(() => stop.abort(new Error('enough')));
    const network = classifier([1, 2, 3]);
    await expect(
      closestAdversarial(network, { input, target: 1, signal: stop.signal }),
    ).rejects.toThrow('enough');
  });

  test('images from noise move to their class, and depend only on the seed', () => {
    const network = classifier([6, -3, 2]);
    const labels = tf.tensor1d([0, 1], 'int32');
    const make = (seed: number) => {
      const images = imagine(network, {
        labels,
        inputShape: [1, 3, 1],
        rng: new Rng(seed),
        steps: 60,
      });
      const values = Array.from(images.dataSync());
      images.dispose();
      return values;
    };
    expectNoLeak(() => make(1));
    const values = make(1);
    expect(values.every((v) => v >= 0 && v <= 1)).toBe(true);
    const score = (at: number) => 6 * values[at] - 3 * values[at + 1] + 2 * values[at + 2];
    expect(score(0)).toBeGreaterThan(5);
    expect(score(3)).toBeLessThan(0);
    expect(make(1)).toEqual(values);
    expect(make(2)).not.toEqual(values);
    const zeroSteps = { labels, inputShape: [1, 3, 1], rng: new Rng(0), steps: 0 };
    expect(() => imagine(network, zeroSteps)).toThrow(
      inputError('imagine: expected steps to be an integer of at least 1, got 0'),
    );
  });
});

test('unknown options are refused', async () => {
  await useBackend('cpu');
  const network = new Sequential([]);
  const [input, labels] = [tf.zeros([1, 1, 3, 1]), tf.tensor1d([0], 'int32')];
  const rng = new Rng(0);
  const imagined = { labels, inputShape: [1, 3, 1], rng, rate: 0.1 };
  expect(messageOf(() => imagine(network, imagined))).toBe(
    'imagine: unknown option rate; expected one of labels, inputShape, rng, steps, learningRate, decay',
  );
  await expect(
    closestAdversarial(network, { input, target: 1, epsilon: 1 } as never),
  ).rejects.toThrow(
    /^closestAdversarial: unknown option epsilon; expected one of input, target, onTry, signal$/,
  );
  await expect(lbfgs(rosenbrock, Float64Array.of(0, 0), { iteration: 1 } as never)).rejects.toThrow(
    /^lbfgs: unknown option iteration; did you mean iterations\?$/,
  );
});

function release(found: tf.Tensor | undefined): void {
  found?.dispose();
}
