import * as tf from '@tensorflow/tfjs-core';
import { Flatten, init, Linear, Rng, Sequential, useBackend } from '../../index.ts';
import { CPPN_INPUTS, drawCppn, type Cppn } from '../../inspect/evolve/cppn.ts';
import { polynomialChange } from '../../inspect/evolve/directEncoding.ts';
import { hsvToRgb } from '../../inspect/evolve/hsvToRgb.ts';
import { addConnection, addNode, mutateCppn, randomCppn } from '../../inspect/evolve/mutateCppn.ts';
import {
  cppnEncoding,
  directEncoding,
  evolveImages,
  type EvolveImagesOptions,
  type ImageEncoding,
} from '../../inspect/index.ts';
import { eachBackend } from '../support/fixtures.ts';
import { inputError } from '../support/inputError.ts';

describe('the direct encoding', () => {
  test('polynomial mutation, by hand', () => {
    // With η = 1 the root is a square root: (2/8)^½ − 1 = −½.
    expect([0, 1 / 8, 1 / 2, 7 / 8].map((u) => polynomialChange(u, 1))).toEqual([-1, -0.5, 0, 0.5]);
    // With η = 15: (2u)^(1/16) = ½ at u = 2^−17.
    expect(polynomialChange(2 ** -17, 15)).toBeCloseTo(-0.5, 12);
    for (const u of [0.1, 0.3, 0.45]) {
      expect(polynomialChange(1 - u, 15)).toBeCloseTo(-polynomialChange(u, 15), 12);
    }
  });

  test('starts with uniform bytes, and draws them from 0 to 1', () => {
    const { random, draw } = directEncoding([40, 50, 3]);
    const genome = random(new Rng(3));
    expect(genome).toHaveLength(6000);
    const mean = genome.reduce((sum, byte) => sum + byte, 0) / 6000;
    // The standard error of the mean is 74/√6000, that is 0.95.
    expect(Math.abs(mean - 127.5)).toBeLessThan(3);
    expect([Math.min(...genome), Math.max(...genome)]).toEqual([0, 255]);
    expect(Array.from(draw(Uint8Array.of(0, 51, 255)))).toEqual([0, Math.fround(0.2), 1]);
  });

  test.each([
    [1, 0.1],
    [999, 0.1],
    [1000, 0.05],
    [2500, 0.025],
  ])('in generation %i mutates bytes at the rate %d', (generation, rate) => {
    const { mutate } = directEncoding([100, 100, 1]);
    const parent = new Uint8Array(10_000).fill(100);
    const child = mutate(parent, new Rng(5), generation);
    const changed = child.filter((byte) => byte !== 100).length / 10_000;
    // A change rounds to 0 with the probability of |δ| < 1/510, about 6 %.
    expect(changed / rate).toBeGreaterThan(0.85);
    expect(changed / rate).toBeLessThan(1.05);
    expect(parent.every((byte) => byte === 100)).toBe(true);
    expect(mutate(parent, new Rng(5), generation)).toEqual(child);
  });

  test('keeps bytes that leave the range at its ends', () => {
    const { mutate } = directEncoding([100, 100, 1]);
    for (const end of [0, 255]) {
      const child = mutate(new Uint8Array(10_000).fill(end), new Rng(1), 1);
      const far = child.filter((byte) => Math.abs(byte - end) > 200);
      expect(far).toHaveLength(0);
    }
  });
});

/** Computes a CPPN at a place by recursion, as its definition says. */
function valueAt({ nodes, connections }: Cppn, id: number, x: number, y: number): number {
  if (id < CPPN_INPUTS) return [x, y, 1][id];
  let sum = 0;
  for (const { from, to, weight } of connections)
    if (to === id) sum += weight * valueAt({ nodes, connections }, from, x, y);
  const name = nodes.find((node) => node.id === id)?.function;
  if (name === 'sine') return Math.sin(sum);
  if (name === 'gaussian') return Math.exp(-(sum ** 2));
  return name === 'sigmoid' ? 1 / (1 + Math.exp(-4.9 * sum)) : sum;
}

describe('a CPPN', () => {
  test('of one linear output, by hand', () => {
    const cppn: Cppn = {
      nodes: [{ id: 3, function: 'linear' }],
      connections: [
        { from: 0, to: 3, weight: 0.25 },
        { from: 1, to: 3, weight: 0.5 },
        { from: 2, to: 3, weight: 0.5 },
      ],
    };
    // x is −1, 0, 1 along a row, and y is −1 in the upper row and 1 in the lower.
    const drawn = Array.from(drawCppn(cppn, { height: 2, width: 3, outputs: 1 }));
    expect(drawn).toEqual([0, 0, 0.25, 0.75, 1, 1]);
    expect(Array.from(drawCppn(cppn, { height: 1, width: 1, outputs: 1 }))).toEqual([0.5]);
  });

  test('computes each node by its function, after many mutations', () => {
    const [height, width, outputs] = [3, 4, 2];
    for (let seed = 0; seed < 20; seed++) {
      const rng = new Rng(seed);
      let cppn = randomCppn(outputs, rng);
      for (let k = 0; k < 12; k++) cppn = mutateCppn(cppn, rng);
      const drawn = drawCppn(cppn, { height, width, outputs });
      drawn.forEach((value, i) => {
        const [pixel, k] = [Math.floor(i / outputs), i % outputs];
        const [x, y] = [2 * ((pixel % width) / 3) - 1, 2 * (Math.floor(pixel / width) / 2) - 1];
        const expected = Math.min(1, Math.max(0, valueAt(cppn, CPPN_INPUTS + k, x, y)));
        expect(value).toBeCloseTo(expected, 6);
      });
    }
  });

  test('has no loops, no connection twice, and at most 64 nodes, however often it mutates', () => {
    const rng = new Rng(1);
    let cppn = randomCppn(3, rng);
    for (let k = 0; k < 1500; k++) cppn = mutateCppn(cppn, rng);
    const { nodes, connections } = cppn;
    expect(nodes).toHaveLength(64);
    const order = [0, 1, 2, ...nodes.map(({ id }) => id)];
    expect(new Set(order).size).toBe(67);
    for (const { from, to } of connections)
      expect(order.indexOf(from)).toBeLessThan(order.indexOf(to));
    expect(new Set(connections.map(({ from, to }) => `${from} ${to}`)).size).toBe(
      connections.length,
    );
    expect(connections.every(({ to }) => to >= CPPN_INPUTS)).toBe(true);
    expect([3, 4, 5].every((id) => order.includes(id))).toBe(true);
  });

  test('draws the same image with a linear node in the middle of a connection', () => {
    const size = { height: 5, width: 4, outputs: 1 };
    let linear = 0;
    for (let seed = 0; seed < 30; seed++) {
      const cppn = randomCppn(1, new Rng(seed));
      const grown = addNode(cppn, new Rng(seed).split());
      expect(grown.nodes).toHaveLength(2);
      expect(grown.connections).toHaveLength(cppn.connections.length + 1);
      if (grown.nodes[0].function !== 'linear') continue;
      linear++;
      const [before, after] = [cppn, grown].map((one) => drawCppn(one, size));
      after.forEach((value, i) => expect(value).toBeCloseTo(before[i], 6));
    }
    expect(linear).toBeGreaterThan(2);
  });

  test('gets a new connection only where there is none', () => {
    const rng = new Rng(2);
    const full = randomCppn(1, rng);
    expect(addConnection(full, rng).connections).toEqual(full.connections);
    const open = { ...full, connections: full.connections.slice(1) };
    expect(addConnection(open, rng).connections.at(-1)).toMatchObject({ from: 0, to: 3 });
  });
});

test('hue, saturation and value become red, green and blue', () => {
  const colours = {
    red: [[0, 1, 1], [1, 0, 0]], // prettier-ignore
    green: [[1 / 3, 1, 1], [0, 1, 0]], // prettier-ignore
    blue: [[2 / 3, 1, 1], [0, 0, 1]], // prettier-ignore
    'half a yellow': [[1 / 6, 1, 0.5], [0.5, 0.5, 0]], // prettier-ignore
    'a pale red': [[1, 0.25, 1], [1, 0.75, 0.75]], // prettier-ignore
    grey: [[0.7, 0, 0.5], [0.5, 0.5, 0.5]], // prettier-ignore
  };
  const all = Object.values(colours);
  const converted = hsvToRgb(Float32Array.from(all.flatMap(([hsv]) => hsv)));
  all.flatMap(([, rgb]) => rgb).forEach((value, i) => expect(converted[i]).toBeCloseTo(value, 6));
});

test('three channels are converted from hue, saturation and value, and others are not', () => {
  const [colour, pair] = [cppnEncoding([2, 3, 3]), cppnEncoding([2, 3, 2])];
  const [three, two] = [colour.random(new Rng(1)), pair.random(new Rng(1))];
  const size = { height: 2, width: 3 };
  expect(colour.draw(three)).toEqual(hsvToRgb(drawCppn(three, { ...size, outputs: 3 })));
  expect(pair.draw(two)).toEqual(drawCppn(two, { ...size, outputs: 2 }));
  expect(() => cppnEncoding([12])).toThrow(
    inputError('cppnEncoding: expected a shape of height, width and channels, got [12]'),
  );
});

const SHAPE = [2, 3, 1];

/** A classifier of 2x3 images into three classes, whose scores are sums of pixels. */
const classifier = () =>
  new Sequential([
    new Flatten(),
    new Linear(6, 3, {
      bias: false,
      init: init.values([4, -4, 0, 4, -4, 0, -4, 4, 0, 0, 0, 2, 0, 0, 2, -4, 4, 0]),
    }),
  ]);

const evolution = (options: Partial<EvolveImagesOptions<Uint8Array>> = {}) => ({
  encoding: directEncoding(SHAPE),
  inputShape: SHAPE,
  rng: new Rng(4),
  generations: 6,
  offspring: 9,
  ...options,
});

eachBackend('evolution', () => {
  test('each champion is the best image of all for its class', async () => {
    const network = classifier();
    const seen: Float32Array[] = [];
    const encoding = directEncoding(SHAPE);
    const recorded: ImageEncoding<Uint8Array> = {
      ...encoding,
      draw(genome) {
        const pixels = encoding.draw(genome);
        seen.push(pixels);
        return pixels;
      },
    };
    const medians: number[] = [];
    const champions = await evolveImages(
      network,
      evolution({ encoding: recorded, onGeneration: ({ median }) => medians.push(median) }),
    );
    expect(seen).toHaveLength(7 * 9);
    const rows = tf.tidy(() => {
      const input = tf.tensor(Float32Array.from(seen.flatMap((one) => [...one])), [63, 2, 3, 1]);
      return tf.softmax(network.infer(input) as tf.Tensor2D).arraySync();
    });
    champions.forEach(({ genome, confidence, generation }, k) => {
      const best = Math.max(...rows.map((row) => row[k]));
      expect(confidence).toBeCloseTo(best, 5);
      const at = rows.findIndex((row) => Math.abs(row[k] - best) < 1e-6);
      expect(Array.from(encoding.draw(genome))).toEqual(Array.from(seen[at]));
      expect(generation).toBe(Math.floor(at / 9));
    });
    expect(medians).toHaveLength(7);
    expect(medians).toEqual([...medians].sort((a, b) => a - b));
    expect(medians[6]).toBeGreaterThan(medians[0]);
  });

  test('depends only on the seed, whatever the batches, and leaves nothing behind', async () => {
    const network = classifier();
    const first = await evolveImages(network, evolution());
    const before = tf.memory().numTensors;
    const again = await evolveImages(network, evolution({ batchSize: 4 }));
    expect(tf.memory().numTensors).toBe(before);
    again.forEach(({ genome, confidence }, k) => {
      expect(genome).toEqual(first[k].genome);
      expect(confidence).toBeCloseTo(first[k].confidence, 5);
    });
    const other = await evolveImages(network, evolution({ rng: new Rng(5) }));
    expect(other[0].genome).not.toEqual(first[0].genome);
  });

  test('evolves patterns too', async () => {
    const found: number[] = [];
    const encoding = cppnEncoding(SHAPE);
    const champions = await evolveImages(classifier(), {
      ...{ encoding, inputShape: SHAPE, rng: new Rng(0), generations: 30, offspring: 20 },
      onGeneration: ({ median }) => found.push(median),
    });
    expect(champions).toHaveLength(3);
    expect(found[30]).toBeGreaterThan(0.99);
    expect(found[0]).toBeLessThan(0.95);
  });
});

describe('evolution', () => {
  beforeAll(() => useBackend('cpu'));

  test('a signal stops it', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const stopped = evolveImages(
      classifier(),
      evolution({
        signal: stop.signal,
        onGeneration: ({ generation }) => {
          seen.push(generation);
          if (generation === 2) stop.abort(new Error('enough'));
        },
      }),
    );
    await expect(stopped).rejects.toThrow('enough');
    expect(seen).toEqual([0, 1, 2]);
  });

  test.each([
    [
      'evolveImages: expected generations to be an integer of at least 1, got 0',
      { generations: 0 },
    ],
    [
      'evolveImages: expected offspring to be an integer of at least 1, got 1.5',
      { offspring: 1.5 },
    ],
    ['evolveImages: expected batchSize to be an integer of at least 1, got 0', { batchSize: 0 }],
    [
      'evolveImages: expected the encoding to draw 6 values for shape [2, 3, 1], got 4',
      { encoding: directEncoding([2, 2, 1]) },
    ],
  ])('%s', async (message, options) => {
    await expect(evolveImages(classifier(), evolution(options))).rejects.toThrow(
      inputError(message),
    );
  });

  test('an unknown option', async () => {
    await expect(evolveImages(classifier(), evolution({ generation: 3 } as never))).rejects.toThrow(
      /^evolveImages: unknown option generation; did you mean generations\?$/,
    );
  });

  test('a network without scores, or with scores that are not numbers', async () => {
    await expect(evolveImages(new Sequential([]), evolution())).rejects.toThrow(
      inputError(
        'evolveImages: expected a network that returns one score per class, [9, classes], got [9, 2, 3, 1]',
      ),
    );
    const broken = new Sequential([
      new Flatten(),
      new Linear(6, 2, { init: init.values(new Array<number>(12).fill(1e38)) }),
      new Linear(2, 2, { init: init.values([1e38, -1e38, 1e38, -1e38]) }),
    ]);
    await expect(evolveImages(broken, evolution())).rejects.toThrow(
      inputError('evolveImages: expected scores that are numbers, got NaN'),
    );
  });
});
