import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { useBackend, withBackend } from '../../../lib/backend/useBackend.ts';
import type { Axis, Geometry } from '../../../lib/geometry.ts';
import { constant, scalar } from '../../../lib/constant.ts';
import { conv2d, conv2dToFilter, conv2dToInput } from '../../../lib/kernels/conv2d/conv2d.ts';
import { computeOnHost, onHost } from '../../../lib/kernels/backends/host.ts';
import { hasOneDnn } from '../../../lib/kernels/backends/tensorflow.ts';
import { col2im, im2col } from '../../../lib/kernels/conv2d/im2col.ts';
import {
  matMul,
  matMulTransposedA,
  matMulTransposedB,
} from '../../../lib/kernels/matmul/matMul.ts';
import { standardize, standardizeToInput } from '../../../lib/kernels/normalize/features.ts';
import {
  maxPool2d,
  maxPool2dToInput,
  maxPool2dWithWinners,
} from '../../../lib/kernels/pool/maxPool2d.ts';
import { sumLeading } from '../../../lib/kernels/reduce/sumLeading.ts';
import { InputError } from '../../../lib/errors.ts';
import { Rng } from '../../../lib/rng.ts';
import { Conv2D } from '../../../modules/conv2d.ts';
import { expectAllClose, expectNoLeak, image, numbers, rowsOf } from '../../support/compare.ts';
import { BACKENDS, eachBackend } from '../../support/fixtures.ts';
import { Grid } from '../../support/grid.ts';

/** Compares every kernel with plain loops that follow its equation. */

const RUNS = { seed: 0, numRuns: 60 };

/**
 * Random window settings for one axis, with different padding before and after. Some windows lie
 * entirely outside the input.
 */
const axes = (limits: { dilation: number; padding: (kernel: number) => number }) =>
  fc
    .record({
      input: fc.integer({ min: 1, max: 7 }),
      kernel: fc.integer({ min: 1, max: 4 }),
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.integer({ min: 1, max: limits.dilation }),
      before: fc.nat(3),
      after: fc.nat(3),
    })
    .map((axis): Axis => {
      const before = Math.min(axis.before, limits.padding(axis.kernel));
      const after = Math.min(axis.after, limits.padding(axis.kernel));
      const room = axis.input + before + after - (axis.dilation * (axis.kernel - 1) + 1);
      return { ...axis, before, after, output: Math.floor(room / axis.stride) + 1 };
    })
    .filter((axis) => axis.output >= 1);

const geometries = (axis: fc.Arbitrary<Axis>): fc.Arbitrary<Geometry> =>
  fc.record({ height: axis, width: axis });
const convolutions = geometries(axes({ dilation: 3, padding: () => 3 }));
const pools = geometries(axes({ dilation: 1, padding: (kernel) => Math.floor(kernel / 2) }));

interface Tap {
  i: number;
  j: number;
  p: number;
  q: number;
  y: number;
  x: number;
}

/**
 * Lists the taps (kernel cells) (p, q) of the windows (i, j) that lie on a pixel (y, x), row by
 * row.
 */
function tapsOf({ height: h, width: w }: Geometry): Tap[] {
  const taps: Tap[] = [];
  for (let i = 0; i < h.output; i++) {
    for (let j = 0; j < w.output; j++) {
      for (let p = 0; p < h.kernel; p++) {
        for (let q = 0; q < w.kernel; q++) {
          const y = i * h.stride + p * h.dilation - h.before;
          const x = j * w.stride + q * w.dilation - w.before;
          if (y >= 0 && y < h.input && x >= 0 && x < w.input) taps.push({ i, j, p, q, y, x });
        }
      }
    }
  }
  return taps;
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const fixed = (
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
  before: number,
  after: number,
): Axis => ({
  input,
  kernel,
  stride,
  dilation,
  before,
  after,
  output: Math.floor((input + before + after - dilation * (kernel - 1) - 1) / stride) + 1,
});

eachBackend('convolution', () => {
  const [batch, C, O] = [2, 3, 5];

  function check({ height, width }: Geometry, seed: number): void {
    const geometry = { height, width };
    const rng = new Rng(seed);
    const x = Grid.random([batch, height.input, width.input, C], rng);
    const w = Grid.random([height.kernel, width.kernel, C, O], rng);
    const b = Grid.random([O], rng);
    const g = Grid.random([batch, height.output, width.output, O], rng);
    const [y, biased, toInput, toFilter] = [
      new Grid(g.shape),
      new Grid(g.shape),
      new Grid(x.shape),
      new Grid(w.shape),
    ];
    for (const n of range(batch)) {
      for (const t of tapsOf(geometry)) {
        for (const c of range(C)) {
          for (const o of range(O)) {
            y.add(x.at(n, t.y, t.x, c) * w.at(t.p, t.q, c, o), n, t.i, t.j, o);
            toInput.add(g.at(n, t.i, t.j, o) * w.at(t.p, t.q, c, o), n, t.y, t.x, c);
            toFilter.add(x.at(n, t.y, t.x, c) * g.at(n, t.i, t.j, o), t.p, t.q, c, o);
          }
        }
      }
    }
    y.values.forEach((value, place) => (biased.values[place] = value + b.values[place % O]));
    tf.tidy(() => {
      const [images, filters, grad] = [
        x.tensor<tf.Tensor4D>(),
        w.tensor<tf.Tensor4D>(),
        g.tensor<tf.Tensor4D>(),
      ];
      expectAllClose(conv2d(images, filters, geometry), y, 'conv2d');
      expectAllClose(conv2d(images, filters, geometry, b.tensor()), biased, 'conv2d with bias');
      expectAllClose(conv2dToInput(grad, filters, geometry), toInput, 'conv2dToInput');
      expectAllClose(conv2dToFilter(images, grad, geometry), toFilter, 'conv2dToFilter');
    });
  }

  test.each<[string, Geometry]>([
    [
      'stride 2 and 3, last pixels in no window',
      { height: fixed(6, 3, 2, 1, 0, 0), width: fixed(9, 2, 3, 1, 0, 0) },
    ],
    ['dilation 2 and 3', { height: fixed(7, 3, 1, 2, 0, 0), width: fixed(8, 2, 1, 3, 0, 0) }],
    ['stride and dilation', { height: fixed(9, 3, 2, 3, 1, 1), width: fixed(8, 2, 3, 2, 0, 0) }],
    ['padding after only', { height: fixed(4, 2, 1, 1, 0, 1), width: fixed(5, 4, 1, 1, 1, 2) }],
    ['padding before only', { height: fixed(4, 3, 2, 1, 2, 0), width: fixed(5, 3, 1, 2, 3, 0) }],
    [
      'windows entirely in the padding',
      { height: fixed(3, 1, 1, 1, 2, 1), width: fixed(2, 2, 1, 1, 3, 3) },
    ],
    [
      'kernel as large as the image',
      { height: fixed(3, 3, 1, 1, 0, 0), width: fixed(4, 4, 1, 1, 0, 0) },
    ],
    [
      'more than 16 values in a run',
      { height: fixed(4, 2, 1, 1, 0, 0), width: fixed(9, 7, 1, 1, 1, 1) },
    ],
  ])('%s', (_, geometry) => check(geometry, 0));

  test('any geometry', () => {
    fc.assert(fc.property(convolutions, fc.nat(1000), check), RUNS);
  });

  test('leaves no tensor behind', () => {
    const geometry = { height: fixed(5, 3, 2, 1, 1, 1), width: fixed(6, 2, 1, 1, 0, 1) };
    const x = tf.ones<tf.Rank.R4>([2, 5, 6, C]);
    const [w, b, g] = [
      tf.ones<tf.Rank.R4>([3, 2, C, O]),
      tf.ones([O]),
      tf.ones<tf.Rank.R4>([2, 3, 6, O]),
    ];
    expectNoLeak(() => {
      tf.dispose([conv2d(x, w, geometry), conv2d(x, w, geometry, b)]);
      tf.dispose([conv2dToInput(g, w, geometry), conv2dToFilter(x, g, geometry)]);
    });
  });
});

eachBackend('im2col and col2im', () => {
  test('windows become rows, and col2im is the adjoint: ⟨im2col x, m⟩ = ⟨x, col2im m⟩', () => {
    fc.assert(
      fc.property(convolutions, fc.nat(1000), (geometry, seed) => {
        const rng = new Rng(seed);
        const { height: h, width: w } = geometry;
        const x = Grid.random([2, h.input, w.input, 3], rng);
        const rows = new Grid([2, h.output, w.output, h.kernel, w.kernel, 3]);
        const m = Grid.random(rows.shape, rng);
        const back = new Grid(x.shape);
        for (const n of range(2)) {
          for (const t of tapsOf(geometry)) {
            for (const c of range(3)) {
              rows.add(x.at(n, t.y, t.x, c), n, t.i, t.j, t.p, t.q, c);
              back.add(m.at(n, t.i, t.j, t.p, t.q, c), n, t.y, t.x, c);
            }
          }
        }
        const matrixShape = [2 * h.output * w.output, h.kernel * w.kernel * 3];
        tf.tidy(() => {
          expectAllClose(
            im2col(x.tensor(), geometry),
            { shape: matrixShape, values: rows.values },
            'im2col',
            0,
          );
          const matrix = tf.reshape(m.tensor(), matrixShape);
          expectAllClose(col2im(matrix, x.shape, geometry), back, 'col2im');
        });
      }),
      RUNS,
    );
  });
});

eachBackend('max pooling', () => {
  test.each([
    ['around 0', -40],
    ['all negative', -100_000],
    ['all positive', 1],
  ])('any geometry: values %s', (_, first) => {
    fc.assert(
      fc.property(pools, fc.nat(1000), (geometry, seed) => {
        const rng = new Rng(seed);
        const { height: h, width: w } = geometry;
        const x = Grid.distinct([2, h.input, w.input, 3], rng, first);
        const g = Grid.random([2, h.output, w.output, 3], rng);
        const y = new Grid(
          g.shape,
          g.values.map(() => -Infinity),
        );
        const toInput = new Grid(x.shape);
        for (const n of range(2)) {
          for (const c of range(3)) {
            const winners = new Map<string, Tap>();
            for (const t of tapsOf(geometry)) {
              const best = winners.get(`${t.i} ${t.j}`);
              if (!best || x.at(n, t.y, t.x, c) > x.at(n, best.y, best.x, c))
                winners.set(`${t.i} ${t.j}`, t);
            }
            for (const t of winners.values()) {
              y.values[((n * h.output + t.i) * w.output + t.j) * 3 + c] = x.at(n, t.y, t.x, c);
              toInput.add(g.at(n, t.i, t.j, c), n, t.y, t.x, c);
            }
          }
        }
        tf.tidy(() => {
          const images = x.tensor<tf.Tensor4D>();
          const output = maxPool2d(images, geometry);
          expectAllClose(output, y, 'maxPool2d', 0);
          expectAllClose(
            maxPool2dToInput(g.tensor(), images, output, geometry),
            toInput,
            'maxPool2dToInput',
          );
        });
      }),
      RUNS,
    );
  });
});

describe("tfjs's own MaxPoolGrad", () => {
  const geometry = { height: fixed(4, 2, 2, 1, 0, 0), width: fixed(4, 2, 2, 1, 0, 0) };
  const negatives = () => tf.reshape<tf.Rank.R4>(tf.range(-1, -17, -1), [1, 4, 4, 1]);
  const ownGradient = () => {
    const input = negatives();
    const inputs = {
      dy: image([
        [1, 2],
        [3, 4],
      ]),
      input,
      output: maxPool2d(input, geometry),
    };
    const attrs = { filterSize: [2, 2], strides: [2, 2], pad: 'valid' };
    return [...tf.engine().runKernel<tf.Tensor>('MaxPoolGrad', inputs, attrs).dataSync()];
  };
  const right = [1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0];

  test('is right on cpu for windows of negative values', async () => {
    expect(await withBackend('cpu', ownGradient)).toEqual(right);
  });

  test('is wrong on wasm for windows of negative values; if this test fails, boxprop no longer needs its own kernel', async () => {
    expect(await withBackend('wasm', ownGradient)).toEqual([1, ...new Array<number>(15).fill(0)]);
  });

  test("boxprop's, on wasm, is right", async () => {
    await useBackend('wasm');
    const input = negatives();
    const output = maxPool2d(input, geometry);
    const grad = maxPool2dToInput(
      image([
        [1, 2],
        [3, 4],
      ]),
      input,
      output,
      geometry,
    );
    expect(rowsOf(grad)).toEqual([
      right.slice(0, 4),
      right.slice(4, 8),
      right.slice(8, 12),
      right.slice(12),
    ]);
  });
});

test("tfjs's own Conv2DBackpropInput on cpu ignores dilation; if this test fails, boxprop can use it", async () => {
  await useBackend('cpu');
  const inputs = { dy: tf.ones([1, 1, 1, 1]), filter: tf.ones([1, 2, 1, 1]) };
  const attrs = {
    strides: 1,
    pad: 'valid',
    dilations: [1, 2],
    dataFormat: 'NHWC',
    inputShape: [1, 1, 3, 1],
  };
  const own = tf.engine().runKernel<tf.Tensor>('Conv2DBackpropInput', inputs, attrs);
  expect([...own.dataSync()]).not.toEqual([1, 0, 1]); // it reads past dy and gives NaN
  const geometry = { height: fixed(1, 1, 1, 1, 0, 0), width: fixed(3, 2, 1, 2, 0, 0) };
  expect(rowsOf(conv2dToInput(tf.ones([1, 1, 1, 1]), tf.ones([1, 2, 1, 1]), geometry))).toEqual([
    [1, 0, 1],
  ]);
});

eachBackend('products and sums', () => {
  const rng = new Rng(0);
  const product = (
    rows: number,
    columns: number,
    inner: number,
    term: (i: number, j: number, k: number) => number,
  ) =>
    new Grid(
      [rows, columns],
      range(rows * columns).map((at) =>
        range(inner).reduce((sum, k) => sum + term(Math.floor(at / columns), at % columns, k), 0),
      ),
    );

  test.each([
    [2, 3, 4],
    [1, 5, 2],
    [7, 1, 3],
    [19, 23, 37],
  ])('%ix%i products over %i', (m, n, k) => {
    const a = Grid.random([m, k], rng);
    const b = Grid.random([k, n], rng);
    const aT = Grid.random([k, m], rng);
    const bT = Grid.random([n, k], rng);
    expectNoLeak(() => {
      tf.tidy(() => {
        const [ta, tb, taT, tbT] = [a, b, aT, bT].map((grid) => grid.tensor<tf.Tensor2D>());
        expectAllClose(
          matMul(ta, tb),
          product(m, n, k, (i, j, l) => a.at(i, l) * b.at(l, j)),
        );
        expectAllClose(
          matMulTransposedA(taT, tb),
          product(m, n, k, (i, j, l) => aT.at(l, i) * b.at(l, j)),
        );
        expectAllClose(
          matMulTransposedB(ta, tbT),
          product(m, n, k, (i, j, l) => a.at(i, l) * bT.at(j, l)),
        );
      });
    });
  });

  test.each([
    [[4, 3], 1],
    [[2, 3, 4, 5], 1],
    [[2, 3, 4, 5], 2],
    [[2, 3], 0],
    [[3], 1],
    [[1, 1], 1],
  ] as [number[], number][])('the sum of %j over all axes but the last %i', (shape, trailing) => {
    const x = Grid.random(shape, rng);
    const kept = shape.slice(shape.length - trailing);
    const sums = new Grid(kept);
    x.values.forEach((value, place) => (sums.values[place % sums.values.length] += value));
    const tensor = x.tensor();
    expectNoLeak(() => {
      const sum = sumLeading(tensor, trailing);
      expectAllClose(sum, sums);
      sum.dispose();
    });
    if (trailing === 1) expectAllClose(sumLeading(tensor), sums);
  });
});

eachBackend('numbers', (backend) => {
  test('constant and scalar are float tensors', () => {
    const x = constant<tf.Rank.R2>([1, 2, 3, 4, 5, 6], [2, 3]);
    expect([x.shape, x.dtype, numbers(x)]).toEqual([
      [2, 3],
      'float32',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ]);
    expect([scalar(0.5).shape, numbers(scalar(0.5))]).toEqual([[], 0.5]);
  });

  test('constant copies: a later change of the array has no effect', () => {
    const given = new Float32Array([1, 2]);
    const x = constant<tf.Rank.R1>(given, [2]);
    given[0] = 9;
    expect(numbers(x)).toEqual([1, 2]);
  });

  test('computeOnHost passes zeros to the loop, even in reused memory', () => {
    expect(onHost()).toBe(backend !== 'tensorflow');
    tf.ones([1000]).dispose();
    const inputs = [tf.tensor1d([1, 2]), tf.tensor1d([10, 20])];
    expectNoLeak(() => {
      const sum = computeOnHost(inputs, [1000], (out, a, b) => {
        out[0] += a[0] + b[0];
        out[999] += a[1] + b[1];
      });
      expect([sum.shape, [...sum.dataSync()]]).toEqual([
        [1000],
        [11, ...new Array<number>(998).fill(0), 22],
      ]);
      sum.dispose();
    });
    expect(inputs.map(numbers)).toEqual([
      [1, 2],
      [10, 20],
    ]);
  });

  test('computeOnHost works if the heap grows while it fetches inputs from another backend', async () => {
    const big = 3_000_000;
    const inputs = await withBackend('cpu', () => range(8).map((k) => tf.fill([big], k + 1)));
    const copies = inputs.map((x) => computeOnHost([x], [big], (out, a) => out.set(a)));
    copies.forEach((copy, k) => {
      const values = copy.dataSync();
      expect([values[0], values[big - 1]]).toEqual([k + 1, k + 1]);
    });
    tf.dispose([inputs, copies]);
  });
});

// On a CPU, boxprop uses TensorFlow's oneDNN kernels. A GPU has none, so the other kernels are
// tested too.
if (BACKENDS.includes('tensorflow')) {
  describe('the same values without oneDNN: tensorflow', () => {
    const setGpu = (isUsingGpuDevice: boolean) => Object.assign(tf.backend(), { isUsingGpuDevice });
    beforeAll(() => useBackend('tensorflow'));
    afterEach(() => void setGpu(false));

    test.each<[string, Geometry]>([
      ['plain', { height: fixed(6, 2, 2, 1, 0, 0), width: fixed(8, 2, 2, 1, 0, 0) }],
      ['padded', { height: fixed(6, 3, 2, 1, 1, 0), width: fixed(7, 2, 1, 1, 1, 1) }],
    ])('%s', (_, geometry) => {
      const { height, width } = geometry;
      const rng = new Rng(0);
      const [x, w, b, g, gradNormalized] = [
        Grid.random([2, height.input, width.input, 3], rng),
        Grid.random([height.kernel, width.kernel, 3, 3], rng),
        Grid.random([3], rng),
        Grid.random([2, height.output, width.output, 3], rng),
        Grid.random([2, height.input, width.input, 3], rng),
      ].map((grid) => grid.tensor());
      const compute = () => {
        const [images, grad] = [x as tf.Tensor4D, g as tf.Tensor4D];
        const { output, winners } = maxPool2dWithWinners(images, geometry);
        const { normalized, mean, variance, invStd } = standardize(x, 1e-3);
        const back = standardizeToInput(gradNormalized, normalized, b);
        return {
          convolution: conv2d(images, w as tf.Tensor4D, geometry, b),
          maximum: output,
          toInput: maxPool2dToInput(grad, images, output, geometry, winners),
          normalized,
          mean,
          variance,
          invStd,
          ...back,
        };
      };
      const expected = compute();
      expect(hasOneDnn()).toBe(true);
      setGpu(true);
      expect(hasOneDnn()).toBe(false);
      const actual = Object.values<tf.Tensor>(compute());
      Object.entries<tf.Tensor>(expected).forEach(([name, tensor], i) => {
        expectAllClose(actual[i], { shape: tensor.shape, values: [...tensor.dataSync()] }, name);
      });
    });
  });
}

test.each([
  ['cpu', 'cpu: out of memory: 149 GiB were asked for; a smaller batch or image needs less'],
  [
    'float64',
    'float64: out of memory: 298 GiB were asked for; a smaller batch or image needs less',
  ],
] as const)('an output that does not fit into memory is refused on %s', async (name, message) => {
  await useBackend(name);
  const box = new Conv2D(1, 1, 3, { padding: 1e5, rng: new Rng(0) });
  const before = tf.memory().numTensors;
  expect(() => box.infer(tf.ones([1, 3, 4, 1]))).toThrow(new InputError(message));
  expect(tf.memory().numTensors).toBe(before + 1);
});
