import { mul, ones, type Tensor } from '@tensorflow/tfjs-core';
import { liveMemory, type LiveMemory } from '../../../gradcheck/leaks.ts';
import { scalar } from '../../../lib/constant.ts';
import { disposeTensors, tidy } from '../../../lib/memory.ts';
import { Module, type ForwardResult } from '../../../lib/module.ts';
import { Branch } from '../../../modules/container/branch.ts';
import { Graph } from '../../../modules/container/graph.ts';
import { Residual } from '../../../modules/container/residual.ts';
import { Sequential, type Box } from '../../../modules/container/sequential.ts';
import { Sum } from '../../../modules/sum.ts';
import { eachBackend } from '../../support/fixtures.ts';

/**
 * A container disposes a value when the last box that uses it has run. These specs measure the peak
 * memory, because nothing else shows an unneeded clone: the container's `tidy` disposes it later.
 */

/** Returns new tensors in both directions and caches nothing. */
class Double extends Module<Tensor, Tensor, null> {
  forward(input: Tensor): ForwardResult<Tensor, null> {
    return { output: tidy(() => mul(input, scalar(2))), cache: null };
  }

  backpropToInput(gradOutput: Tensor): Tensor {
    return tidy(() => mul(gradOutput, scalar(2)));
  }
}

/** Records the live memory at each of its calls. */
class Meter extends Double {
  readonly forwards: LiveMemory[] = [];
  readonly backwards: LiveMemory[] = [];

  override forward(input: Tensor) {
    this.forwards.push(liveMemory());
    return super.forward(input);
  }

  override backpropToInput(gradOutput: Tensor) {
    this.backwards.push(liveMemory());
    return super.backpropToInput(gradOutput);
  }
}

/**
 * The networks, with the clones of the network's input (or gradOutput) that are still needed when
 * the meter runs. Besides these clones only the meter's own input may be alive.
 */
const NETWORKS: readonly (readonly [
  name: string,
  build: (meter: Meter) => Box,
  clones: { readonly forward: number; readonly backward: number },
])[] = [
  [
    'Sequential',
    (meter) => new Sequential([new Double(), new Double(), meter, new Double(), new Double()]),
    { forward: 0, backward: 0 },
  ],
  [
    'Residual',
    (meter) =>
      new Sequential([
        new Residual(new Double(), new Double()),
        meter,
        new Residual(new Double(), new Double()),
      ]),
    { forward: 0, backward: 0 },
  ],
  [
    'Branch',
    (meter) => {
      const branches = () =>
        new Branch([new Double(), new Double(), new Double()], { merge: 'sum' });
      return new Sequential([branches(), meter, branches()]);
    },
    { forward: 0, backward: 0 },
  ],
  [
    'a graph with values that several nodes use',
    (meter) =>
      new Graph({
        inputs: 'x',
        nodes: [
          ['a', new Double(), 'x'],
          ['b', new Double(), 'a'],
          ['c', new Double(), 'a'],
          ['d', new Sum(), ['a', 'b', 'c', 'b']],
          ['meter', meter, 'd'],
          ['e', new Double(), 'meter'],
          ['f', new Double(), 'meter'],
          ['g', new Sum(), ['e', 'f', 'meter', 'e']],
        ],
        outputs: 'g',
      }),
    { forward: 0, backward: 0 },
  ],
  [
    'a graph whose input is used again later',
    (meter) =>
      new Graph({
        inputs: 'x',
        nodes: [
          ['a', new Double(), 'x'],
          ['meter', meter, 'a'],
          ['b', new Sum(), ['meter', 'x', 'x']],
        ],
        outputs: 'b',
      }),
    // The clone on the way back is the input gradient through the two direct uses in the sum.
    { forward: 1, backward: 1 },
  ],
];

eachBackend('memory at its peak', () => {
  test.each(NETWORKS)('%s', (_, build, clones) => {
    const meter = new Meter();
    const network = build(meter);
    const input = ones([2, 3]);
    const since = (before: LiveMemory, { tensors, blocks }: LiveMemory) => ({
      tensors: tensors - before.tensors,
      blocks: blocks - before.blocks,
    });

    const start = liveMemory();
    const { output, cache } = network.forward(input);
    const afterForward = liveMemory();
    const { gradInput } = network.backprop(output, cache);
    disposeTensors([output, cache, gradInput]);
    disposeTensors(network.infer(input));
    expect(liveMemory()).toEqual(start);

    // A clone of the network's input or gradOutput shares its values with the caller's tensor.
    const forward = { tensors: 1 + clones.forward, blocks: 1 };
    expect(meter.forwards.map((memory) => since(start, memory))).toEqual([forward, forward]);
    expect(meter.backwards.map((memory) => since(afterForward, memory))).toEqual([
      { tensors: 1 + clones.backward, blocks: 1 },
    ]);
  });
});
