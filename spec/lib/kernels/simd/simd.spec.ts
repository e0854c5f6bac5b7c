import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../../../../lib/backend/useBackend.ts';
import { constant } from '../../../../lib/constant.ts';
import { simd } from '../../../../lib/kernels/simd/current.ts';
import { Rng } from '../../../../lib/rng.ts';
import { BatchNorm } from '../../../../modules/batchNorm.ts';
import { Conv2D } from '../../../../modules/conv2d.ts';
import { Linear } from '../../../../modules/linear.ts';
import { expectNoLeak } from '../../../support/compare.ts';

const lines: string[] = [];

beforeAll(() => useBackend('wasm', { log: (line) => void lines.push(line) }));

test('the line of useBackend names the kernels', () => {
  expect(lines).toEqual(['backend wasm: uses own kernels in relaxed SIMD']);
  expect(simd()).toBeDefined();
});

test('a choice of instructions that does not exist is refused', async () => {
  await expect(useBackend('wasm', { simd: 'fast' as 'plain' })).rejects.toThrow(
    'useBackend: expected simd to be one of "relaxed", "plain", "none", got "fast"',
  );
});

test('the choice is fixed when the backend starts', async () => {
  await expect(useBackend('wasm', { simd: 'plain' })).rejects.toThrow(
    'useBackend: expected simd to be "relaxed", as when the backend wasm started, got "plain"',
  );
  await useBackend('wasm', { simd: 'relaxed' });
  await useBackend('wasm');
});

const [INF, NAN] = [Infinity, NaN];

describe('a value that is not finite', () => {
  // The window of two cells slides over the image 0 x 0, whose zeros are padding.
  test.each([
    [INF, [-INF, INF]],
    [-INF, [INF, -INF]],
    [NAN, [NAN, NAN]],
  ])('%d passes through a convolution', (x, expected) => {
    const box = new Conv2D(1, 1, [1, 2], { padding: [0, 1], rng: new Rng(0) });
    box.params.weight.assign(tf.tensor4d([2, -1], [1, 2, 1, 1]));
    expect([...box.infer(tf.tensor4d([x], [1, 1, 1, 1])).dataSync()]).toEqual(expected);
  });

  test.each([
    { size: [5, 6], options: { padding: 1 } },
    { size: [7, 6], options: { padding: 1, stride: 2 } },
    { size: [8, 9], options: { padding: 3, dilation: 2, groups: 2 } },
    { size: [90, 70], options: { padding: 2 } },
  ])('meets the padding in a convolution of $size as on cpu, $options', async (geometry) => {
    const { size, options } = geometry;
    const run = async (backend: 'cpu' | 'wasm') => {
      await useBackend(backend);
      const box = new Conv2D(4, 6, 3, { ...options, rng: new Rng(0) });
      const shape = [2, size[0], size[1], 4] as const;
      const { output, cache } = box.forward(tf.ones([...shape]));
      const gradients = tf.onesLike(output).dataSync();
      gradients[0] = INF;
      const g = tf.tensor<tf.Rank.R4>(gradients, output.shape);
      const { weight } = box.params;
      const { weight: gradWeight } = box.backpropToParams(g, cache);
      const values = weight.dataSync();
      [values[0], values[17]] = [NAN, INF];
      weight.assign(tf.tensor(values, weight.shape));
      const results = [
        box.infer(tf.ones([...shape])),
        box.backpropToInput(tf.onesLike(output), cache),
        gradWeight,
      ];
      const kinds = results.map((x) => Array.from(x.dataSync(), (v) => v - v === 0 || String(v)));
      tf.disposeVariables();
      return kinds;
    };
    expect(await run('wasm')).toEqual(await run('cpu'));
    await useBackend('wasm');
  });

  test('spreads in a product as in IEEE arithmetic', () => {
    const linear = new Linear(3, 2, { bias: false, rng: new Rng(0) });
    linear.params.weight.assign(tf.tensor2d([1, 0, 2, -1, 1, -3], [2, 3]));
    const rows = [
      [INF, 1, 1],
      [1, INF, 1],
      [1, 1, NAN],
      [INF, 1, INF],
    ];
    expect(linear.infer(tf.tensor2d(rows)).arraySync()).toEqual([
      [INF, -INF],
      [NAN, INF],
      [NAN, NAN],
      [INF, -INF],
    ]);
  });

  test('makes its feature NaN in BatchNorm, and no other', () => {
    const norm = new BatchNorm(2);
    const { output } = norm.forward(
      tf.tensor2d([
        [1, INF],
        [2, 3],
        [4, 5],
      ]),
      { mode: 'training' },
    );
    const columns = tf.transpose(output).arraySync() as number[][];
    expect(columns[0].every(Number.isFinite)).toBe(true);
    expect(columns[1]).toEqual([NAN, NAN, NAN]);
  });
});

test('kernels find their tensors after the heap has grown', () => {
  const box = new Conv2D(3, 5, 3, { rng: new Rng(1) });
  const x = constant<tf.Rank.R4>(new Rng(2).uniforms(2 * 6 * 7 * 3), [2, 6, 7, 3]);
  const before = box.infer(x).dataSync();
  const large = tf.zeros([2 ** 27]);
  expect(box.infer(x).dataSync()).toEqual(before);
  large.dispose();
  expect(box.infer(x).dataSync()).toEqual(before);
});

test('a thousand steps leave the heap as large as it was', () => {
  const box = new Conv2D(3, 5, 3, { padding: 1, stride: 2, rng: new Rng(1) });
  const x = tf.zeros<tf.Rank.R4>([2, 6, 7, 3]);
  const work = () => {
    tf.tidy(() => {
      const { output, cache } = box.forward(x);
      box.backprop(output, cache);
    });
  };
  expectNoLeak(work);
  const { wasm } = tf.backend() as unknown as { readonly wasm: { readonly HEAPU8: Uint8Array } };
  const before = wasm.HEAPU8.length;
  for (let step = 0; step < 1000; step++) work();
  expect(wasm.HEAPU8.length).toBe(before);
});

test('a backend that tfjs has removed starts again, with the choice of that call', async () => {
  await useBackend('float64');
  tf.removeBackend('wasm');
  await useBackend('wasm', { simd: 'none' });
  expect(simd()).toBeUndefined();
  await useBackend('float64');
  tf.removeBackend('wasm');
  await useBackend('wasm', { simd: 'plain' });
  expect(lines).toHaveLength(1);
  const box = new Conv2D(1, 1, 1, { rng: new Rng(0) });
  const x = tf.ones<tf.Rank.R4>([1, 1, 1, 1]);
  expect(box.infer(x).dataSync()).toEqual(box.params.weight.dataSync());
});
