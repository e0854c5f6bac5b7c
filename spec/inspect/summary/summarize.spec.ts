import { ones, tensor, Tensor, tidy } from '@tensorflow/tfjs-core';
import {
  AdaptiveAvgPool2D,
  Branch,
  Conv1D,
  Conv2D,
  ConvTranspose2D,
  DepthwiseConv2D,
  Flatten,
  GlobalAvgPool2D,
  init,
  Linear,
  LocallyConnected2D,
  AvgPool1D,
  MaxPool2D,
  ReLU,
  Residual,
  Rng,
  Sequential,
  SubtractiveNorm2D,
  Tanh,
  Upsample2D,
  useBackend,
  AvgPool2D,
  type Module,
} from '../../../index.ts';
import { cases, Draw } from '../../../gradcheck/index.ts';
import { type AnyModule, Module as Box } from '../../../lib/module.ts';
import { factsOf } from '../../../lib/shapes.ts';
import { summarize } from '../../../inspect/summary/summarize.ts';
import { alexnet } from '../../../models/alexnet.ts';
import { resnet18, resnet50 } from '../../../models/resnet.ts';
import { messageOf } from '../../support/compare.ts';

const empty = { rng: new Rng(0), init: init.zeros };

describe('summarize', () => {
  beforeAll(() => useBackend('cpu'));

  it("has the slide's rows for AlexNet", () => {
    const network = alexnet(empty);
    const { rows, total } = summarize(network, [227, 227, 3]);
    expect(
      rows.map(({ name, outputShape, parameters }) => [name, outputShape.join('x'), parameters]),
    ).toEqual([
      ['conv1', '55x55x96', 34_944],
      ['pool1', '27x27x96', 0],
      ['norm1', '27x27x96', 0],
      ['conv2', '27x27x256', 614_656],
      ['pool2', '13x13x256', 0],
      ['norm2', '13x13x256', 0],
      ['conv3', '13x13x384', 885_120],
      ['conv4', '13x13x384', 1_327_488],
      ['conv5', '13x13x256', 884_992],
      ['pool5', '6x6x256', 0],
      ['fc6', '4096', 37_752_832],
      ['fc7', '4096', 16_781_312],
      ['fc8', '1000', 4_097_000],
    ]);
    expect(rows[0].box).toBe('96 11x11 filters at stride 4, pad 0, ReLU');
    expect(rows[1].box).toBe('MaxPool2D: 3x3 filters at stride 2');
    expect(rows[10].box).toBe('4096 neurons, ReLU, Dropout 0.5');
    expect(rows[0].multiplyAdds).toBe(55 * 55 * 96 * 11 * 11 * 3);
    // The activations of the convolution and of the ReLU, with 4 bytes per element.
    expect(rows[0].activationBytes).toBe(2 * 4 * 55 * 55 * 96);
    expect(rows.map(({ receptiveField }) => receptiveField[0])).toEqual(
      // A box with the kernel K adds (K − 1) j positions, where j is the distance of its inputs.
      // The field begins with 11 and grows by 2·4, 0, 4·8, 2·8, 0, 2·16 three times, 2·16, and 5·32
      // for fc6, which sees all six positions of pool5.
      [11, 19, 19, 51, 67, 67, 99, 131, 163, 195, 355, 355, 355],
    );
    expect(total.parameters).toBe(62_378_344);
    network.dispose();
  });

  it('has a row for every box on request, with the same totals', () => {
    const network = alexnet({ ...empty, width: 1 / 16 });
    const all = summarize(network, [227, 227, 3], { all: true });
    expect(all.rows.map(({ name }) => name)).toEqual(network.children().map(([name]) => name));
    expect(all.total).toEqual(summarize(network, [227, 227, 3]).total);
    network.dispose();
  });

  it('goes through residuals and branches, and counts a shared box once', () => {
    const shared = new Conv2D(2, 2, 3, { padding: 1, ...empty });
    const network = new Sequential({
      body: new Residual(new Sequential([shared, new ReLU(), shared])),
      branch: new Branch({ wide: new Conv2D(2, 3, 1, empty), pooled: new Tanh() }),
      flatten: new Flatten(),
      fc: new Linear(5 * 4 * 6, 7, empty),
    });
    const { rows, total } = summarize(network, [4, 6, 2]);
    const shown = rows.map(({ name, box, outputShape, from }) => [
      name,
      box,
      outputShape.join('x'),
      from,
    ]);
    expect(shown).toEqual([
      ['body.body.0', '2 3x3 filters at stride 1, pad 1, ReLU', '4x6x2', [-1]],
      ['body.body.2', '2 3x3 filters at stride 1, pad 1', '4x6x2', [0]],
      // The input also goes through the shortcut, and the sum goes into two branches.
      ['body.shortcut', 'Identity', '4x6x2', [-1]],
      ['body.sum', 'Sum', '4x6x2', [1, 2]],
      ['branch.wide', '3 1x1 filters at stride 1, pad 0', '4x6x3', [3]],
      ['branch.pooled', 'Tanh', '4x6x2', [3]],
      ['branch.merge', 'Concat', '4x6x5', [4, 5]],
      ['fc', '7 neurons', '7', [6]],
    ]);
    expect(total.parameters).toBe(
      Object.values(network.params).reduce((sum, { size }) => sum + size, 0),
    );
    expect(rows[1].parameters).toBe(0);
    expect(rows[1].multiplyAdds).toBe(4 * 6 * 2 * 2 * 9);
  });

  it('has the published multiply-adds of the residual networks', () => {
    for (const [build, expected] of [
      [resnet18, 1.8e9],
      [resnet50, 3.8e9],
    ] as const) {
      // prettier-ignore
      const whole = build(empty);
      // The paper counts 1.8 and 3.8 billion. The second count is smaller than ours, because its
      // bottleneck strides in the first 1x1 convolution.
      const multiplyAdds = Number(summarize(whole, [224, 224, 3]).total.multiplyAdds);
      expect(multiplyAdds / expected).toBeGreaterThan(0.98);
      expect(multiplyAdds / expected).toBeLessThan(1.1);
      whole.dispose();
    }
  });

  it('refuses an unknown option', () => {
    expect(messageOf(() => summarize(new ReLU(), [1], { al: true } as never))).toBe(
      'summarize: unknown option al; did you mean all?',
    );
  });

  it('names the box that an image does not fit', () => {
    const network = alexnet({ ...empty, width: 1 / 16 });
    expect(messageOf(() => summarize(network, [127, 127, 3]))).toBe(
      `fc6 > Linear.forward: expected input of shape [N, ${36 * 16}], got [1, ${4 * 16}]`,
    );
  });
});

describe('factsOf', () => {
  beforeAll(() => useBackend('cpu'));

  test.each(Object.keys(cases))('the output shape of %s is that of its forward', (name) => {
    for (let i = 0; i < 5; i++) {
      const { box, input } = cases[name](new Draw(new Rng(i)));
      if (!(box instanceof Box)) return;
      const any = box as unknown as AnyModule;
      const inputs = (input instanceof Tensor ? [input] : input) as Tensor[];
      const output = any.infer(input);
      if (!(output instanceof Tensor)) continue;
      expect(factsOf(any, inputs.map(({ shape }) => shape)).outputShape).toEqual(output.shape); // prettier-ignore
    }
  });
});

/** All weights are 1, so gradients do not cancel. */
const seeing = { rng: new Rng(0), init: init.fill(1) };

describe('receptive fields', () => {
  beforeAll(() => useBackend('cpu'));

  const chains: readonly (readonly [string, () => Module, number[]])[] = [
    ['a convolution', () => new Conv2D(1, 1, [3, 5], seeing), [21, 23, 1]],
    [
      'strides and dilations',
      () =>
        new Sequential([
          new Conv2D(1, 2, 3, { stride: [1, 2], ...seeing }),
          new AvgPool2D(2),
          new Conv2D(2, 1, 3, { dilation: [2, 1], padding: 1, ...seeing }),
        ]),
      [41, 63, 1],
    ],
    [
      'a residual',
      () =>
        new Residual(
          new Sequential([1, 1].map(() => new Conv2D(1, 1, 3, { padding: 1, ...seeing }))),
        ),
      [15, 17, 1],
    ],
    [
      'branches',
      () =>
        new Branch(
          [
            new Conv2D(1, 1, 5, { padding: 2, ...seeing }),
            new AvgPool2D([3, 7], { stride: 1, padding: [1, 3] }),
          ],
          { merge: 'sum' },
        ),
      [15, 21, 1],
    ],
    ['each channel', () => new DepthwiseConv2D(1, 3, { stride: 2, ...seeing }), [15, 17, 1]],
    [
      'one filter per position',
      () => new LocallyConnected2D([11, 13], 1, 1, 3, seeing),
      [11, 13, 1],
    ],
    [
      'an average to a size',
      () => new Sequential([new Conv2D(1, 1, 3, seeing), new AdaptiveAvgPool2D([3, 4])]),
      [14, 18, 1],
    ],
    [
      'a linear box over all positions',
      () =>
        new Sequential([new AvgPool2D(3), new Flatten(), new ReLU(), new Linear(12, 1, seeing)]),
      [9, 12, 1],
    ],
    [
      'a global average',
      () => new Sequential([new AvgPool2D(3), new GlobalAvgPool2D()]),
      [9, 12, 1],
    ],
    [
      'an upsampling',
      () =>
        new Sequential([
          new AvgPool2D(3),
          new Upsample2D({ scaleFactor: 2, mode: 'bilinear' }),
          new Conv2D(1, 1, 1, seeing),
        ]),
      [33, 27, 1],
    ],
    [
      'a transposed convolution',
      () =>
        new Sequential([
          new AvgPool2D(2),
          new ConvTranspose2D(1, 1, 4, { stride: 2, padding: 1, ...seeing }),
        ]),
      [26, 30, 1],
    ],
    ['a local mean', () => new SubtractiveNorm2D(1, { kernelSize: [3, 5] }), [15, 17, 1]],
    [
      'a sequence',
      () => new Sequential([new Conv1D(1, 1, 3, { dilation: 2, ...seeing }), new AvgPool1D(2)]),
      [25, 1],
    ],
  ];

  /**
   * The extent along each axis of the input positions that the middle output element depends on.
   */
  function extent(network: Module, inputShape: readonly number[]): number[] {
    return tidy(() => {
      const { output, cache } = network.forward(ones([1, ...inputShape]));
      const middle = Array.from(output.shape, (size) => Math.floor(size / 2));
      const at = middle.reduce((place, index, axis) => place * output.shape[axis] + index, 0);
      const gradOutput = new Float32Array(output.size);
      gradOutput[at] = 1;
      const grad = network.backpropToInput(tensor(gradOutput, output.shape), cache);
      const values = grad.dataSync();
      const sizes = inputShape.slice(0, -1);
      return sizes.map((_, axis) => {
        const after = inputShape.slice(axis + 1).reduce((a, b) => a * b, 1);
        const seen: number[] = [];
        values.forEach((value, i) => {
          if (value !== 0) seen.push(Math.floor(i / after) % inputShape[axis]);
        });
        return Math.max(...seen) - Math.min(...seen) + 1;
      });
    });
  }

  test.each(chains)(
    'of %s are exactly the positions that the gradient reaches',
    (_, build, inputShape) => {
      const network = build();
      const { rows } = summarize(network, inputShape);
      expect(extent(network, inputShape)).toEqual(rows[rows.length - 1].receptiveField);
    },
  );

  it('of two branches is the larger of both', () => {
    const network = new Branch([
      new MaxPool2D(3, { stride: 1, padding: 1 }),
      new Conv2D(1, 1, 5, { padding: 2, ...seeing }),
    ]);
    expect(summarize(network, [9, 9, 1]).rows.at(-1)?.receptiveField).toEqual([5, 5]);
  });
});
