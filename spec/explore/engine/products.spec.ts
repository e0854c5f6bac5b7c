import { mul, type Tensor } from '@tensorflow/tfjs-core';
import * as boxprop from '../../../index.ts';
import { checkNumber } from '../../../explore/engine/check.ts';
import { Microscope, type MicroscopeOptions } from '../../../explore/engine/microscope.ts';
import { openBox } from '../../../explore/engine/openBox.ts';
import { productsOf } from '../../../explore/engine/products.ts';
import { refKey, type Ref } from '../../../explore/engine/refs.ts';
import { sumOf } from '../../../explore/engine/terms.ts';
import { Rng } from '../../../lib/rng.ts';
import type { AnyModule, Context } from '../../../lib/module.ts';

const { withBackend, Conv2D, Linear, Tanh, MaxPool2D, BatchNorm, PReLU, Concat, Dropout } = boxprop;
const rng = () => new Rng(7);

function valueOf(shape: readonly number[], seed = 1) {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, values: Float64Array.from(new Rng(seed).normals(size)) };
}

function microscope(box: AnyModule, inputs: number[][], output: number[], context?: Context) {
  const options: MicroscopeOptions = {
    boxes: [box],
    input: inputs.map((shape, i) => valueOf(shape, i + 1)),
    gradOutput: valueOf(output, 9),
    ...(context && { context }),
  };
  return new Microscope(options);
}

/** The addresses of every number of a microscope that has products or a derivative. */
function allRefs(subject: Microscope): Ref[] {
  const { activations, boxes } = subject.snapshot();
  const places = activations.flatMap((parts, place) =>
    parts.flatMap(({ values }, part) =>
      [...values.keys()].flatMap((index): Ref[] => [
        { kind: 'activation', place, part, index },
        { kind: 'gradient', place, part, index },
      ]),
    ),
  );
  const weights = boxes.flatMap(({ params }, box) =>
    Object.entries(params).flatMap(([name, { values }]) =>
      [...values.keys()].flatMap((index): Ref[] => [
        { kind: 'param', box, name, index },
        { kind: 'gradParam', box, name, index },
      ]),
    ),
  );
  return [...places, ...weights];
}

const training = (): Context => ({ mode: 'training', rng: rng() });

describe('every number of a box is the sum of its products, and its derivative is proven', () => {
  test.each<[string, () => AnyModule, number[][], number[], Context?]>([
    [
      'Conv2D',
      () => new Conv2D(2, 3, [3, 2], { padding: 'same', rng: rng() }),
      [[2, 4, 3, 2]],
      [2, 4, 3, 3],
    ],
    [
      'Conv2D reflect',
      () => new Conv2D(1, 2, 3, { padding: 1, paddingMode: 'reflect', stride: 2, rng: rng() }),
      [[1, 5, 4, 1]],
      [1, 3, 2, 2],
    ],
    ['Linear', () => new Linear(4, 3, { rng: rng() }), [[2, 4]], [2, 3]],
    ['Tanh', () => new Tanh(), [[2, 3]], [2, 3]],
    ['MaxPool2D', () => new MaxPool2D(2), [[1, 4, 6, 2]], [1, 2, 3, 2]],
    ['BatchNorm', () => new BatchNorm(3), [[4, 3]], [4, 3], training()],
    ['PReLU', () => new PReLU(3), [[4, 3]], [4, 3]],
    ['Concat', () => new Concat(), [[2, 3], [2, 2]], [2, 5]], // prettier-ignore
    ['Dropout', () => new Dropout({ p: 0.3 }), [[2, 6]], [2, 6], training()],
  ])('%s', (_, ...[make, inputs, output, context]) =>
    withBackend('float64', () => {
      const subject = microscope(make(), inputs, output, context);
      for (const ref of allRefs(subject)) {
        const products = productsOf(subject, ref);
        if (products?.isSum) expect(sumOf(products.terms)).toBeCloseTo(products.value, 10);
        expect(checkNumber(subject, ref)?.verdict).not.toBe('wrong');
      }
    }),
  );
});

test('an output of a convolution is its patch times its kernel, plus the bias', () =>
  withBackend('float64', () => {
    const box = new Conv2D(1, 1, 2, { init: () => Float64Array.of(2, 3, 5, 7) });
    const input = { shape: [1, 2, 3, 1], values: Float64Array.of(1, 10, 100, 0, 20, 200) };
    const gradOutput = { shape: [1, 1, 2, 1], values: Float64Array.of(1, -1) };
    const subject = new Microscope({ boxes: [box], input: [input], gradOutput });
    const products = productsOf(subject, { kind: 'activation', place: 1, part: 0, index: 1 });
    // 2 · 10 + 3 · 100 + 5 · 20 + 7 · 200 + 0
    expect(products?.value).toBe(1820);
    expect(products?.terms.map((term) => term.map(({ value }) => value))).toEqual([
      [2, 10],
      [3, 100],
      [5, 20],
      [7, 200],
      [0],
    ]);
    const ofWeight = productsOf(subject, { kind: 'gradParam', box: 0, name: 'weight', index: 2 });
    // ∂C/∂w[1, 0] = 1 · 0 + (−1) · 20; a pixel of 0 is a term too.
    expect(ofWeight?.terms.map((term) => term.map(({ ref }) => ref))).toEqual([
      [
        { kind: 'gradient', place: 1, part: 0, index: 0 },
        { kind: 'activation', place: 0, part: 0, index: 3 },
      ],
      [
        { kind: 'gradient', place: 1, part: 0, index: 1 },
        { kind: 'activation', place: 0, part: 0, index: 4 },
      ],
    ]);
  }));

test('a cell that the border reads too has a product for each weight that meets it', () =>
  withBackend('float64', () => {
    const box = new Conv2D(1, 1, 3, { padding: 1, paddingMode: 'reflect', rng: rng() });
    const subject = microscope(box, [[1, 3, 3, 1]], [1, 3, 3, 1]);
    const middle: Ref = { kind: 'gradient', place: 0, part: 0, index: 4 };
    const keysOf = (ref: Ref) => {
      const { terms = [], value = NaN } = productsOf(subject, ref) ?? {};
      expect(sumOf(terms)).toBeCloseTo(value, 12);
      return terms.map((term) => term.map(({ ref }) => (ref ? refKey(ref) : 'a derivative')));
    };
    // The output of a corner reads the cell itself, and it over the sides and over the corner.
    const taps = [
      [0, 2, 6, 8],
      [1, 7],
      [0, 2, 6, 8],
      [3, 5],
      [4],
      [3, 5],
      [0, 2, 6, 8],
      [1, 7],
      [0, 2, 6, 8],
    ];
    expect(keysOf(middle)).toEqual(
      taps.flatMap((all, output) =>
        all.map((tap) => [`gradient 1 0 ${output}`, `param 0 weight ${tap}`]),
      ),
    );
    // The cells that the output of the corner reads, each with its weights; then the bias.
    const cells = { 0: [4], 1: [3, 5], 3: [1, 7], 4: [0, 2, 6, 8] };
    expect(keysOf({ kind: 'activation', place: 1, part: 0, index: 0 })).toEqual([
      ...Object.entries(cells).flatMap(([cell, all]) =>
        all.map((tap) => [`param 0 weight ${tap}`, `activation 0 0 ${cell}`]),
      ),
      ['param 0 bias 0'],
    ]);
  }));

describe('the box inside a container that gives its output says what it sums', () => {
  const terms = (name: string, index: number) =>
    withBackend('float64', () => {
      const subject = openBox({ kind: 'box', name });
      const found = productsOf(subject, { kind: 'activation', place: 1, part: 0, index });
      expect(found?.isSum).toBe(true);
      expect(sumOf(found?.terms ?? [])).toBeCloseTo(found?.value ?? NaN, 12);
      return found?.terms.map((term) =>
        term.map(({ ref, inside }) => (ref ? refKey(ref) : inside)),
      );
    });

  test.each([
    ['Residual', 1, [['body[0, 1]'], ['activation 0 0 1']]],
    ['Graph', 3, [['tanh[1, 1]'], ['sigmoid[1, 1]']]],
    [
      'Sequential',
      1,
      [
        ['param 0 2.weight 2', 'Tanh 1[0, 0]'],
        ['param 0 2.weight 3', 'Tanh 1[0, 1]'],
        ['param 0 2.bias 1'],
      ],
    ],
    [
      'Branch',
      0,
      [
        ['param 0 0.weight 0', 'activation 0 0 0'],
        ['param 0 0.weight 1', 'activation 0 0 1'],
        ['param 0 0.weight 2', 'activation 0 0 2'],
        ['param 0 0.bias 0'],
      ],
    ],
    ['Product', 4, [['activation 0 0 4', 'activation 0 1 4']]],
  ])('%s', async (name, index, expected) => {
    expect(await terms(name, index)).toEqual(expected);
  });
});

test('the running statistics of BatchNorm are its state, and a batch moves them by a tenth', () =>
  withBackend('float64', () => {
    const subject = openBox({ kind: 'box', name: 'BatchNorm', training: true });
    const [x] = subject.snapshot().activations[0];
    const feature = [1, 4, 7, 10].map((i) => x.values[i]);
    const mean = feature.reduce((sum, one) => sum + one, 0) / 4;
    const at = { box: 0, name: 'runningMean', index: 1 };
    const now: Ref = { kind: 'buffer', ...at };
    const next: Ref = { kind: 'nextBuffer', ...at };
    subject.write(now, 3);
    expect(subject.read(next)).toBeCloseTo(0.9 * 3 + 0.1 * mean, 12);
    const { terms = [] } = productsOf(subject, next) ?? {};
    expect(sumOf(terms)).toBeCloseTo(subject.read(next), 12);
    expect(terms[0].map(({ value }) => value.toFixed(10))).toEqual([
      '0.9000000000',
      '3.0000000000',
    ]);
    expect(terms[1][0].reads?.map(refKey)).toEqual([1, 4, 7, 10].map((i) => `activation 0 0 ${i}`));
    // The update of the running mean was computed but not made.
    expect(subject.read(now)).toBe(3);
    // In inference, the box uses the running statistics and does not change them.
    const inference = openBox({ kind: 'box', name: 'BatchNorm', training: false });
    expect(inference.snapshot().boxes[0].nextBuffers).toBeUndefined();
    inference.write(now, x.values[1]);
    expect(inference.read({ kind: 'activation', place: 1, part: 0, index: 1 })).toBe(0);
  }));

describe('a cost is the sum of those of its examples or elements, and so is its gradient', () => {
  const costs = [
    'Euclidean',
    'SoftmaxCrossEntropy',
    'NegativeLogLikelihood',
    'BinaryCrossEntropy',
    'L1',
    'Huber',
    'Hinge',
    'Focal',
    'Dice',
    'KLDivergence',
  ];
  const call = (options: Record<string, string>) => ({ args: [], options });
  test.each(costs.flatMap((name) => [[name, 'mean'] as const, [name, 'sum'] as const]))(
    '%s, %s',
    (name, reduction) =>
      withBackend('float64', () => {
        const subject = openBox({ kind: 'box', name, call: call({ reduction }), shapes: [[3, 4]] });
        const { loss, gradients } = subject.snapshot();
        const whole = productsOf(subject, { kind: 'loss' });
        expect(whole?.isSum).toBe(true);
        expect(sumOf(whole?.terms ?? [])).toBeCloseTo(loss, 12);
        gradients[0][0].values.forEach((value, index) => {
          const found = productsOf(subject, { kind: 'gradient', place: 0, part: 0, index });
          expect(found?.isSum).toBe(true);
          expect(sumOf(found?.terms ?? [])).toBeCloseTo(value, 12);
          // The products read only numbers of the example to which x belongs.
          const read = found?.terms.flat().flatMap(({ ref, reads = [] }) => (ref ? [ref] : reads));
          for (const ref of read ?? []) {
            if (ref.kind === 'activation') {
              expect(Math.floor(ref.index / 4)).toBe(Math.floor(index / 4));
            }
          }
        });
      }),
  );

  test('x − y of Euclidean, and p − y of a cross-entropy', () =>
    withBackend('float64', () => {
      const euclidean = openBox({
        kind: 'box',
        name: 'Euclidean',
        call: call({ reduction: 'sum' }),
      });
      const factors = (subject: Microscope, index: number) =>
        productsOf(subject, { kind: 'gradient', place: 0, part: 0, index })?.terms.map((term) =>
          term.map(({ value, ref }) => (ref ? refKey(ref) : value)),
        );
      expect(factors(euclidean, 1)).toEqual([['activation 0 0 1'], [-1, 'target 1']]);

      const entropy = openBox({ kind: 'box', name: 'SoftmaxCrossEntropy' });
      const { activations, cost } = entropy.snapshot();
      const scores = activations[0][0].values.slice(0, 3);
      const total = scores.reduce((sum, x) => sum + Math.exp(x), 0);
      scores.forEach((x, k) => {
        const p = Math.exp(x) / total;
        const isLabel = cost?.target.values[0] === k;
        const expected = isLabel
          ? [
              [0.5, p],
              [0.5, -1],
            ]
          : [[0.5, p]];
        const found = factors(entropy, k) as number[][];
        expect(found.map((term) => term.map((one) => one.toFixed(12)))).toEqual(
          expected.map((term) => term.map((one) => one.toFixed(12))),
        );
      });
    }));

  test('the cost of one example is no sum; it is computed from all scores and the label', () =>
    withBackend('float64', () => {
      const subject = openBox({ kind: 'box', name: 'SoftmaxCrossEntropy', shapes: [[1, 3]] });
      const { terms, isSum } = productsOf(subject, { kind: 'loss' }) ?? {};
      expect(isSum).toBe(false);
      expect(terms?.flat().map(({ ref }) => ref && refKey(ref))).toEqual([
        'activation 0 0 0',
        'activation 0 0 1',
        'activation 0 0 2',
        'target 0',
      ]);
    }));
});

test('a wrong backward is told', () =>
  withBackend('float64', () => {
    class Wrong extends boxprop.Tanh {
      override backpropToInput(gradOutput: Tensor, cache: { output: Tensor }) {
        return mul(super.backpropToInput(gradOutput, cache), 2);
      }
    }
    const subject = microscope(new Wrong(), [[1, 2]], [1, 2]);
    expect(checkNumber(subject, { kind: 'gradient', place: 0, part: 0, index: 1 })?.verdict).toBe(
      'wrong',
    );
  }));

test('only inputs, weights, targets and a given gradient can be changed', () =>
  withBackend('float64', () => {
    const subject = microscope(new Tanh(), [[1, 2]], [1, 2]);
    expect(() => subject.write({ kind: 'activation', place: 1, part: 0, index: 0 }, 1)).toThrow(
      'expected an input, a weight, a target or a given ∂C/∂x_out, got a number that follows from these',
    );
    subject.write({ kind: 'activation', place: 0, part: 0, index: 0 }, 0.5);
    expect(subject.read({ kind: 'activation', place: 1, part: 0, index: 0 })).toBe(Math.tanh(0.5));
  }));
