import { AvgPool2D } from '../../modules/avgPool2d.ts';
import { BatchNorm } from '../../modules/batchNorm.ts';
import { Branch } from '../../modules/container/branch.ts';
import { Concat } from '../../modules/concat.ts';
import { Conv2D } from '../../modules/conv2d.ts';
import { Flatten } from '../../modules/flatten.ts';
import { Graph } from '../../modules/container/graph.ts';
import { Identity } from '../../modules/identity.ts';
import { Linear } from '../../modules/linear.ts';
import { MaxPool2D } from '../../modules/maxPool2d.ts';
import { PadChannels } from '../../modules/historic/padChannels.ts';
import { Product } from '../../modules/product.ts';
import { Residual } from '../../modules/container/residual.ts';
import { Sequential, type Box } from '../../modules/container/sequential.ts';
import { Sigmoid } from '../../modules/sigmoid.ts';
import { Softmax } from '../../modules/softmax.ts';
import { Sum } from '../../modules/sum.ts';
import { Tanh } from '../../modules/tanh.ts';
import type { CheckedModule, Cases, Input } from '../case.ts';

/** The cases of the containers. */
export const cases: Cases = {
  Sequential: (draw) => {
    const { rng } = draw;
    const [batch, channels, classes] = [draw.integer(1, 3), draw.integer(1, 2), draw.integer(2, 3)];
    const layer = () => new Linear(4, 4, { rng });
    const { boxes, shape } = draw.pick<() => { boxes: Box[]; shape: number[] }>(
      () => ({
        boxes: [
          new Linear(3, 4, { rng }),
          new Tanh(),
          new Linear(4, classes, { rng }),
          new Softmax(),
        ],
        shape: [3],
      }),
      // A small convolutional network, with a chain inside the chain.
      () => ({
        boxes: [
          new Sequential([new Conv2D(channels, 2, [2, 3], { rng, padding: 'same' }), new Tanh()]),
          new MaxPool2D([2, 1]),
          new Flatten(),
          new Linear(2 * 3 * 2, classes, { rng }),
        ],
        shape: [4, 3, channels],
      }),
      // The same box in two places, so its gradients are summed.
      () => {
        const shared = layer();
        return { boxes: [shared, new Sigmoid(), shared, new Tanh()], shape: [4] };
      },
      // The same box at two depths of nesting.
      () => {
        const shared = layer();
        return { boxes: [new Sequential([shared, new Tanh()]), shared], shape: [4] };
      },
      // The same box in several containers, where it has different names.
      () => {
        const shared = layer();
        const branch = new Branch({ one: shared, two: new Sequential([shared]) });
        return { boxes: [new Residual(shared), new Tanh(), branch], shape: [4] };
      },
      () => ({ boxes: [], shape: [draw.integer(1, 4)] }),
    )();
    const names = boxes.map((box) => box.constructor.name).join(', ');
    return {
      config: `Sequential([${names}]) on [${[batch, ...shape].join(', ')}]`,
      box: new Sequential(boxes),
      input: draw.normal([batch, ...shape]),
    };
  },
  Residual: (draw) => {
    const { rng } = draw;
    const channels = draw.integer(1, 3);
    const layer = () => new Linear(3, 3, { rng });
    const [args, box, ...shape] = draw.pick<() => [string, Box, ...number[]]>(
      () => ['Linear', new Residual(new Linear(4, 4, { rng })), 4],
      // The body changes the shape, so the shortcut is a projection.
      () => [
        'Conv2D/2, Conv2D/2',
        new Residual(
          new Conv2D(channels, 2, 3, { rng, stride: 2, padding: 1 }),
          new Conv2D(channels, 2, 1, { rng, stride: 2, bias: false }),
        ),
        3,
        4,
        channels,
      ],
      () => [
        'Sequential, AvgPool2D and PadChannels',
        new Residual(
          new Sequential([new Conv2D(2, 3, 3, { rng, stride: 2, padding: 1 }), new Tanh()]),
          new Sequential([new AvgPool2D(1, { stride: 2 }), new PadChannels(1)]),
        ),
        3,
        3,
        2,
      ],
      // The same box in the body and in the shortcut.
      () => {
        const shared = layer();
        const body = new Sequential([shared, new Tanh(), shared]);
        return ['shared, shared', new Residual(body, shared), 3];
      },
      () => ['Residual', new Residual(new Sequential([new Residual(layer()), new Sigmoid()])), 3],
      () => ['BatchNorm', new Residual(new Sequential([new BatchNorm(3), new Tanh(), layer()])), 3],
    )();
    // BatchNorm normalizes any batch of 2 to ±1, and its gradient is then almost 0, so its batch
    // has 4 examples.
    const all = [args === 'BatchNorm' ? 4 : draw.integer(1, 3), ...shape];
    const mode = draw.pick('training', 'inference');
    const config = `Residual(${args}) on [${all.join(', ')}], ${mode}`;
    return { config, box, input: draw.normal(all), context: { mode } };
  },
  Branch: (draw) => {
    const { rng } = draw;
    const merge = draw.pick('concat', 'sum', 'product', 'max');
    const layer = () => new Linear(3, 3, { rng });
    // Only a concatenation accepts outputs of different widths.
    const wide = merge === 'concat' ? 2 : 3;
    const [args, boxes, ...shape] = draw.pick<
      () => [string, Box[] | Record<string, Box>, ...number[]]
    >(
      () => ['Linear, Linear', [new Linear(2, wide, { rng }), new Linear(2, 3, { rng })], 2],
      () => [
        'Conv2D, Sequential, AvgPool2D',
        {
          narrow: new Conv2D(3, wide, 1, { rng }),
          wide: new Sequential([
            new Conv2D(3, 2, 1, { rng }),
            new Tanh(),
            new Conv2D(2, 3, 3, { rng, padding: 1 }),
          ]),
          pooled: new AvgPool2D(3, { stride: 1, padding: 1 }),
        },
        3,
        2,
        3,
      ],
      // The same box in two branches, once by itself and once in a chain.
      () => {
        const shared = layer();
        return ['shared', [shared, new Sequential([new Tanh(), shared]), new Identity()], 3];
      },
      () => {
        const shared = layer();
        const inner = new Branch([new Tanh(), shared], { merge: 'product' });
        return ['Branch', [inner, new Residual(shared)], 3];
      },
      () => ['Linear', [new Linear(4, 2, { rng })], 4],
    )();
    // With `max`, a branch that nowhere has the largest value has a gradient of 0. In a larger
    // batch this is unlikely.
    const all = [merge === 'max' ? 5 : draw.integer(1, 3), ...shape];
    const config = `Branch(${args}, ${merge}) on [${all.join(', ')}]`;
    return { config, box: new Branch(boxes, { merge }), input: draw.normal(all) };
  },
  Graph: (draw) => {
    const { rng } = draw;
    const batch = draw.integer(2, 3);
    const shared = () => new Linear(3, 3, { rng });
    const [args, box, input] = draw.pick<() => [string, CheckedModule, Input]>(
      // The output of `conv` is used three times. The nodes are not listed in the order in which
      // they run.
      () => [
        'conv, gate, gated, out',
        new Graph({
          inputs: 'image',
          nodes: [
            ['out', new Concat(), ['gated', 'conv', 'image']],
            ['gated', new Product(), ['conv', 'gate']],
            ['gate', new Sigmoid(), 'conv'],
            ['conv', new Conv2D(2, 3, 3, { rng, padding: 1 }), 'image'],
          ],
          outputs: 'out',
        }),
        draw.normal([batch, 2, 3, 2]),
      ],
      // A graph with two inputs and two outputs, one of which is used by another node. Two nodes
      // have the same box, and a sum takes the same value twice.
      () => {
        const layer = shared();
        const graph = new Graph({
          inputs: ['a', 'b'],
          nodes: [
            ['left', layer, 'a'],
            ['right', layer, 'b'],
            ['both', new Sum(), ['left', 'right', 'left']],
            ['squashed', new Tanh(), 'both'],
          ],
          outputs: ['squashed', 'both'],
        });
        return ['two in, two out', graph, [draw.normal([batch, 3]), draw.normal([batch, 3])]];
      },
      // Two nodes are graphs with lists of inputs and outputs. One input of the outer graph is also
      // one of its outputs.
      () => {
        const layer = shared();
        const graph = new Graph({
          inputs: ['a', 'b'],
          nodes: [
            ['inner', crossing(layer), ['a', 'b']],
            ['again', crossing(layer), ['inner.first', 'inner.second']],
            ['last', new BatchNorm(3), 'again.second'],
          ],
          outputs: ['last', 'again.first', 'b'],
        });
        return ['nested', graph, [draw.normal([batch, 3]), draw.normal([batch, 3])]];
      },
      // A graph in a chain, with a chain inside the graph.
      () => {
        const layer = shared();
        const graph = new Graph({
          inputs: 'x',
          nodes: [
            ['chain', new Sequential([new Tanh(), layer]), 'x'],
            ['around', new Residual(layer), 'x'],
            ['sum', new Sum(), ['chain', 'around']],
          ],
          outputs: 'sum',
        });
        return ['in a chain', new Sequential({ linear: layer, graph }), draw.normal([batch, 3])];
      },
    )();
    return { config: `Graph(${args})`, box, input };
  },
};

/** Makes a graph that maps (a, b) to the two outputs c and a · c, with c = linear(b). */
function crossing(linear: Linear) {
  return new Graph({
    inputs: ['a', 'b'],
    nodes: [
      ['first', linear, 'b'],
      ['second', new Product(), ['a', 'first']],
    ],
    outputs: ['first', 'second'],
  });
}
