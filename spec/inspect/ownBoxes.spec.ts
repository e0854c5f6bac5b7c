/**
 * A user's own boxes and containers, with and without declared facts, in every function that reads
 * facts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { SGD } from '../../optim/sgd.ts';
import { withoutDecay } from '../../optim/groups.ts';
import { onnxExporter } from '../../formats/onnx/exporter.ts';
import { toOnnx } from '../../formats/onnx/toOnnx.ts';
import { torchBox } from '../../formats/torch/torchBoxes.ts';
import { torchLayout } from '../../formats/torch/torchLayout.ts';
import { topPatches } from '../../inspect/topPatches.ts';
import { Trace } from '../../inspect/trace.ts';
import { summarize } from '../../inspect/summary/summarize.ts';
import { ArrayDataset } from '../../data/dataset.ts';
import { useBackend } from '../../lib/backend/useBackend.ts';
import { Container, type Back, type Run } from '../../lib/container.ts';
import type { Facts, Shape } from '../../lib/facts.ts';
import { Module, type NamedModule } from '../../lib/module.ts';
import { Rng } from '../../lib/rng.ts';
import { BatchNorm } from '../../modules/batchNorm.ts';
import { Branch } from '../../modules/container/branch.ts';
import { Sequential } from '../../modules/container/sequential.ts';
import { Conv2D, type Conv2DCache } from '../../modules/conv2d.ts';
import { Flatten } from '../../modules/flatten.ts';
import { Linear } from '../../modules/linear.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { ReLU } from '../../modules/relu.ts';
import { messageOf } from '../support/compare.ts';

beforeAll(() => useBackend('cpu'));

/** Delegates to a convolution, and declares no facts. */
class Silent extends Module<tf.Tensor4D, tf.Tensor4D, Conv2DCache> {
  readonly conv = new Conv2D(1, 4, 5, { rng: new Rng(0) });
  override readonly params = this.conv.params;

  forward(input: tf.Tensor4D) {
    return this.conv.forward(input);
  }

  backpropToInput(gradOutput: tf.Tensor4D, cache: Conv2DCache) {
    return this.conv.backpropToInput(gradOutput, cache);
  }

  override backpropToParams(gradOutput: tf.Tensor4D, cache: Conv2DCache) {
    return this.conv.backpropToParams(gradOutput, cache);
  }
}

/** The same box with declared facts. */
class MyConv extends Silent {
  override readonly noDecay = this.conv.noDecay;

  override facts(inputShapes: readonly Shape[]): Facts {
    return this.conv.facts(inputShapes);
  }
}

/** A container that runs one box twice. */
class Twice extends Container {
  readonly body: NamedModule<tf.Tensor, tf.Tensor>;

  constructor(body: Module) {
    super({ body });
    this.body = ['body', body];
  }

  protected route<V>(input: V, run: Run<V>): V {
    return run(this.body, run(this.body, input));
  }

  protected backRoute(gradOutput: tf.Tensor, back: Back) {
    return back.toInput(this.body, back.through(this.body, gradOutput));
  }
}

const IMAGE = [28, 28, 1];
const followed = (box: Module<tf.Tensor4D, tf.Tensor4D, Conv2DCache>) =>
  new Sequential([box, new MaxPool2D(2)]);
const unit = [[5, 5], [5, 5], [2, 2]] as const; // prettier-ignore

describe('a box that delegates to Conv2D(1, 4, 5), followed by MaxPool2D(2)', () => {
  test('with declared facts it is summarized as Conv2D itself', () => {
    const own = summarize(followed(new MyConv()), IMAGE);
    const plain = summarize(followed(new Conv2D(1, 4, 5, { rng: new Rng(0) })), IMAGE);
    const figures = ({ rows }: typeof own) => rows.map(({ box: _, ...row }) => row);
    expect(figures(own)).toEqual(figures(plain));
    expect(own.total.multiplyAdds).toBe(57_600);
    expect(own.rows.map(({ receptiveField }) => receptiveField)).toEqual([[5, 5], [6, 6]]); // prettier-ignore
    const span = (box: Module) => new Trace(box, '1', IMAGE).spanOfInput(unit);
    expect(span(followed(new MyConv()))).toEqual([[10, 15], [10, 15], [0, 0]]); // prettier-ignore
  });

  test('without facts every reader says unknown, and the shapes are known from a forward', () => {
    const network = followed(new Silent());
    const { rows, total } = summarize(network, IMAGE);
    expect(rows.map(({ outputShape }) => outputShape)).toEqual([[24, 24, 4], [12, 12, 4]]); // prettier-ignore
    expect(rows.map(({ multiplyAdds }) => multiplyAdds)).toEqual(['unknown', 0]);
    expect(rows.map(({ receptiveField }) => receptiveField)).toEqual(['unknown', 'unknown']);
    expect(total.multiplyAdds).toBe('unknown');
    expect(new Trace(network, '1', IMAGE).spanOfInput(unit)).toEqual({ unknown: '0 (Silent)' });
    expect(messageOf(() => withoutDecay(network))).toBe(
      'Sequential[0] > Silent: expected `noDecay`, the names of the parameters without weight decay, got undefined; declare it in the class',
    );
  });

  test('topPatches shows the whole example if the window is unknown, and names the box', async () => {
    const values = Float32Array.from(new Rng(1).normals(3 * 28 * 28));
    const data = new ArrayDataset({
      name: 'noise',
      inputs: values,
      labels: Uint8Array.of(0, 1, 2),
      inputShape: IMAGE,
      classes: 3,
    });
    const options = { box: '1', units: [0], count: 1 };
    const [unknown] = await topPatches(followed(new Silent()), data, options);
    expect([unknown.unknownWindow, unknown.patches[0].shape]).toEqual(['0 (Silent)', IMAGE]);
    const [known] = await topPatches(followed(new MyConv()), data, options);
    expect([known.unknownWindow, known.patches[0].shape]).toEqual([undefined, [6, 6, 1]]);
  });

  test('a user exporter writes it in ONNX as Conv2D', () => {
    const exporter = onnxExporter(MyConv, (graph, { conv }, input) => graph.write(conv, [input]));
    const options = { inputShape: IMAGE };
    const own = toOnnx(followed(new MyConv()), { ...options, exporters: [exporter] });
    const plain = toOnnx(followed(new Conv2D(1, 4, 5, { rng: new Rng(0) })), options);
    expect(own.nodes).toEqual(plain.nodes);
    expect(messageOf(() => toOnnx(followed(new MyConv()), options))).toBe(
      '0 > MyConv: cannot be exported to ONNX',
    );
  });

  test('a user entry states how PyTorch stores its parameters', () => {
    const order = [2, 3, 1, 0];
    const own = torchBox(MyConv, (_box, name, shape) =>
      name === 'weight'
        ? { shape: order.map((_, i) => shape[order.indexOf(i)]), order }
        : { shape },
    );
    expect(torchLayout(followed(new MyConv()), IMAGE, { boxes: [own] }).stored).toEqual(
      torchLayout(followed(new Conv2D(1, 4, 5, { rng: new Rng(0) })), IMAGE).stored,
    );
    expect(messageOf(() => torchLayout(followed(new MyConv()), IMAGE))).toBe(
      '0: expected a box that PyTorch has, got MyConv',
    );
  });

  test('after a Flatten, a box without a window makes the column order of a Linear unknown', () => {
    class Pass extends ReLU {
      override facts(): Facts {
        return {};
      }
    }
    const network = (pass: Module) =>
      new Sequential([new Flatten(), pass, new Linear(12, 2, { rng: new Rng(0) })]); // prettier-ignore
    expect(torchLayout(network(new ReLU()), [2, 3, 2]).stored['2.weight']).toEqual({
      name: '2.weight',
      shape: [2, 12],
      view: [2, 2, 2, 3],
      order: [0, 2, 3, 1],
    });
    expect(messageOf(() => torchLayout(network(new Pass()), [2, 3, 2]))).toBe(
      '2: the order of the inputs is unknown behind 1 (Pass), which states no window',
    );
  });
});

describe('the column order of a Linear after merges and own boxes', () => {
  const rng = new Rng(0);
  const flat = () => new Sequential([new Conv2D(1, 2, 3, { padding: 1, rng }), new Flatten()]);
  const stored = (network: Module) => torchLayout(network, [4, 3, 1]).stored['1.weight'];

  test('a sum of two flattened images keeps it', () => {
    const network = new Sequential([
      new Branch([flat(), flat()], { merge: 'sum' }),
      new Linear(24, 2, { rng }),
    ]);
    expect(stored(network).order).toEqual([0, 2, 3, 1]);
  });

  test('a concatenation, and a sum with a vector of another order, are refused', () => {
    const joined = new Sequential([new Branch([flat(), flat()]), new Linear(48, 2, { rng })]);
    expect(messageOf(() => stored(joined))).toBe(
      '1: the order of the inputs is unknown behind 0.merge (Concat), which states no window',
    );
    const turned = new Sequential([flat(), new Linear(24, 24, { rng })]);
    const mixed = new Branch([flat(), turned], { merge: 'sum' });
    expect(messageOf(() => stored(new Sequential([mixed, new Linear(24, 2, { rng })])))).toBe(
      '1: the order of the inputs is unknown behind the inputs of 0.merge, which states no window',
    );
  });

  test("a user's own flatten without facts is refused", () => {
    class MyFlatten extends Flatten {
      override facts(): Facts {
        return {};
      }
    }
    const network = new Sequential([new MyFlatten(), new Linear(12, 2, { rng })]);
    expect(messageOf(() => torchLayout(network, [2, 3, 2]))).toBe(
      '1: the order of the inputs is unknown behind 0 (MyFlatten), which states no window',
    );
  });
});

test('after a Flatten, BatchNorm has one value per element, which PyTorch stores channels first', () => {
  const network = new Sequential([new Flatten(), new BatchNorm(12)]);
  expect(torchLayout(network, [2, 3, 2]).stored['1.weight']).toEqual({
    name: '1.weight',
    shape: [12],
    view: [2, 2, 3],
    order: [1, 2, 0],
  });
});

test('the scale of a BatchNorm in a user container does not decay', () => {
  const network = new Twice(new Sequential([new BatchNorm(3)]));
  expect(Object.keys(network.params).map(withoutDecay(network).matches)).toEqual([true, true]);
  const optimizer = new SGD(network.params, { learningRate: 1, groups: [withoutDecay(network)] });
  optimizer.dispose();
});

describe('a container that runs a Sequential twice', () => {
  const make = () =>
    new Twice(new Sequential([new Conv2D(2, 2, 3, { padding: 1, rng: new Rng(3) }), new ReLU()]));
  /** The same function as a chain of two boxes that share their parameters. */
  const chain = (body: Module) => new Sequential([body, body]);

  test('summary: both runs have a row, parameters count once, and each run enlarges the receptive field', () => {
    const { rows, total } = summarize(make(), [6, 5, 2]);
    expect(rows.map(({ name, parameters }) => [name, parameters])).toEqual([['body.0', 38], ['body.0', 0]]); // prettier-ignore
    expect(rows.map(({ receptiveField }) => receptiveField)).toEqual([[3, 3], [5, 5]]); // prettier-ignore
    expect(total.multiplyAdds).toBe(2 * 6 * 5 * 36);
  });

  test('facts: shape and multiply-adds of the whole', () => {
    expect(make().facts([[4, 6, 5, 2]])).toEqual({
      outputShape: [4, 6, 5, 2],
      multiplyAdds: 2 * 6 * 5 * 36,
    });
  });

  test('trace: output, gradient and span equal those of the chain', () => {
    const twice = make();
    const [, body] = twice.body;
    const [one, two] = [new Trace(twice, '', [6, 5, 2]), new Trace(chain(body), '', [6, 5, 2])];
    const input = tf.tensor([...new Rng(4).normals(60)], [1, 6, 5, 2]);
    const grad = tf.tensor([...new Rng(5).normals(60)], [1, 6, 5, 2]);
    expect([...one.infer(input).dataSync()]).toEqual([...twice.infer(input).dataSync()]);
    expect([...one.inputGradient(input, grad).dataSync()]).toEqual([
      ...two.inputGradient(input, grad).dataSync(),
    ]);
    const block = [[2, 2], [2, 2], [0, 0]] as const; // prettier-ignore
    expect(one.spanOfInput(block)).toEqual([[0, 4], [0, 4], [0, 1]]); // prettier-ignore
  });

  test('ONNX: the body is written twice with the same weights', () => {
    const { nodes, tensors } = toOnnx(make(), { inputShape: [6, 5, 2] });
    expect(nodes.filter(({ op }) => op === 'Conv')).toHaveLength(2);
    const weights = nodes.filter(({ op }) => op === 'Conv').map(({ inputs }) => inputs[1]);
    expect(weights[0]).toBe(weights[1]);
    expect(new Set(nodes.map(({ name }) => name)).size).toBe(nodes.length);
    expect(tensors.filter(({ info }) => info.name === weights[0])).toHaveLength(1);
  });
});

describe('impossible facts are refused', () => {
  const told = (facts: Facts) => {
    class Liar extends ReLU {
      override facts(): Facts {
        return facts;
      }
    }
    return messageOf(() => summarize(new Sequential([new Liar()]), [4, 3, 2]));
  };
  const axis = { size: 3, step: 1, inputsOf: () => undefined };

  test.each<[Facts, string]>([
    [{ multiplyAdds: NaN }, 'expected multiplyAdds to be an integer of at least 0, got NaN'],
    [{ multiplyAdds: -5 }, 'expected multiplyAdds to be an integer of at least 0, got -5'],
    [{ trainingExamples: 0 }, 'expected trainingExamples to be an integer of at least 1, got 0'],
    [{ outputShape: [1, -2] }, 'expected an outputShape of integers of at least 0, got [1, -2]'],
    [
      { window: 'globl' as never },
      'expected a window or one of "identity", "elementwise", "channels", "global", "globalPerChannel", got "globl"',
    ],
    [
      { window: { axes: [axis], channels: () => undefined } },
      'expected a window of 2 axes for an input of shape [1, 4, 3, 2], got 1',
    ],
  ])('%j', (facts, problem) => {
    expect(told(facts)).toBe(`0 > Liar.facts: ${problem}`);
  });

  test('noDecay that names no parameter', () => {
    class Wrong extends BatchNorm {
      override readonly noDecay = ['wieght'];
    }
    expect(messageOf(() => withoutDecay(new Wrong(2)))).toBe(
      'Wrong: expected noDecay to name parameters out of weight, bias, got "wieght"',
    );
  });
});
