import { jest } from '@jest/globals';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { CheckedModule } from '../../../gradcheck/index.ts';
import type { Fan } from '../../../lib/init/initializers.ts';

/**
 * Compares the fans that boxes pass to initializers with the connections of the box, which are
 * counted from its gradients. No other check finds initial weights of the wrong variance.
 */

interface Call {
  readonly box: object;
  readonly name: string;
  readonly fan: Fan;
}

const calls: Call[] = [];
const initializers = await import('../../../lib/init/initializers.ts');
jest.unstable_mockModule('../../../lib/init/initializers.ts', () => ({
  ...initializers,
  createParam: (...args: Parameters<typeof initializers.createParam>) => {
    const [box, name, , fan] = args;
    calls.push({ box, name, fan });
    return initializers.createParam(...args);
  },
}));
const { cases, boxNames, Draw } = await import('../../../gradcheck/index.ts');
const { withBackend } = await import('../../../lib/backend/useBackend.ts');
const { constant } = await import('../../../lib/constant.ts');
const { disposeTensors, tidy } = await import('../../../lib/memory.ts');
const { Rng } = await import('../../../lib/rng.ts');
const { numElements } = await import('../../../lib/shapes.ts');
const modules = await import('../../../modules/index.ts');

const CASES = 12;

type Size = readonly [height: number, width: number];
type Whole = readonly [box: CheckedModule, inputShape: readonly number[]];

const rng = new Rng(0);
const image = ([height, width]: Size, channels: number) => [1, height, width, channels];

/**
 * Returns a box with the same filters, whose single window covers the whole input, without stride,
 * padding or dilation. By convention fans do not depend on these options. Other boxes are returned
 * as their case draws them.
 */
function wholeWindow(box: CheckedModule, inputShape: readonly number[]): Whole {
  const { Conv1D, Conv2D, Conv3D, ConvTranspose2D, DepthwiseConv2D, TableConv2D, SCell } = modules;
  const { BatchNorm, LocallyConnected1D, LocallyConnected2D, RBF } = modules;
  if (box instanceof Conv2D) {
    const { inChannels, outChannels, kernelSize, groups } = box;
    const other = new Conv2D(inChannels, outChannels, kernelSize, { groups, rng });
    return [other, image(kernelSize, inChannels)];
  }
  if (box instanceof Conv3D) {
    const { inChannels, outChannels, kernelSize, groups } = box;
    const other = new Conv3D(inChannels, outChannels, kernelSize, { groups, rng });
    return [other, [1, ...kernelSize, inChannels]];
  }
  if (box instanceof Conv1D) {
    const { inChannels, outChannels, kernelSize, groups } = box;
    const other = new Conv1D(inChannels, outChannels, kernelSize, { groups, rng });
    return [other, [1, kernelSize, inChannels]];
  }
  if (box instanceof ConvTranspose2D) {
    // Only the middle of the output depends on the whole input.
    const { inChannels, outChannels, kernelSize, groups } = box;
    const other = new ConvTranspose2D(inChannels, outChannels, kernelSize, { groups, rng });
    return [other, image(kernelSize, inChannels)];
  }
  if (box instanceof DepthwiseConv2D) {
    const { channels, kernelSize, multiplier } = box;
    return [
      new DepthwiseConv2D(channels, kernelSize, { multiplier, rng }),
      image(kernelSize, channels),
    ];
  }
  if (box instanceof LocallyConnected2D) {
    const { inChannels, outChannels, kernelSize } = box;
    const other = new LocallyConnected2D(kernelSize, inChannels, outChannels, kernelSize, { rng });
    return [other, image(kernelSize, inChannels)];
  }
  if (box instanceof LocallyConnected1D) {
    const { inChannels, outChannels, kernelSize } = box;
    const other = new LocallyConnected1D(kernelSize, inChannels, outChannels, kernelSize, { rng });
    return [other, [1, kernelSize, inChannels]];
  }
  if (box instanceof TableConv2D) {
    const { inChannels, table, kernelSize } = box;
    return [new TableConv2D(inChannels, table, kernelSize, { rng }), image(kernelSize, inChannels)];
  }
  if (box instanceof SCell) {
    const { inPlanes, planes, kernelSize } = box;
    return [new SCell(inPlanes, planes, kernelSize, { rng }), image(kernelSize, inPlanes)];
  }
  if (box instanceof RBF) {
    const centers = Array.from({ length: box.outFeatures }, () => [...rng.normals(box.inFeatures)]);
    return [new RBF(centers, { learned: true }), inputShape];
  }
  if (box instanceof BatchNorm) return [new BatchNorm(box.features), inputShape];
  return [box, inputShape];
}

/**
 * Counts the connections of a unit. The fan-in is the number of values of the first parameter with
 * a nonzero gradient, as a mean over the output channels. The fan-out follows from it, because
 * every connection leaves one unit and enters another, and both sides have the same number of
 * positions.
 */
function countConnections([box, inputShape]: Whole): Fan {
  return tidy(() => {
    // A PReLU uses its slope for negative inputs only; an SCell responds to positive inputs only.
    const sign = box instanceof modules.SCell ? 1 : -1;
    const values = rng.uniforms(numElements(inputShape), 0.5, 1.5).map((value) => sign * value);
    const input = constant(values, [...inputShape]);
    const { output, cache } = box.forward(input) as { output: Tensor; cache: unknown };
    const [inChannels, outChannels] = [input, output].map(({ shape }) => shape.at(-1)!);
    const middle = Math.floor(output.size / outChannels / 2) * outChannels;
    const [name] = Object.keys(box.params);
    let total = 0;
    for (let channel = 0; channel < outChannels; channel++) {
      const gradOutput = new Float64Array(output.size);
      gradOutput[middle + channel] = 1;
      const grad = box.backpropToParams(constant(gradOutput, output.shape), cache)[name];
      total += grad.dataSync().filter((value) => value !== 0).length;
    }
    return { fanIn: total / outChannels, fanOut: total / inChannels };
  });
}

const names = boxNames({ ...modules });
const checked = new Set<string>();

test.each(names)('%s', async (name) => {
  await withBackend('float64', () => {
    for (let i = 0; i < CASES; i++) {
      calls.length = 0;
      const { box, config, input } = cases[name](new Draw(new Rng(7).fold(i)));
      // The boxes inside a container are checked by their own cases.
      // An Arithmetic multiplies each element by one number, and has no units with connections.
      const own = calls.filter((call) => call.box === box && name !== 'Arithmetic');
      if (own.length === 0) continue;
      const whole = wholeWindow(box as CheckedModule, (input as Tensor).shape);
      const expected = countConnections(whole);
      for (const { name: param, fan } of own) {
        checked.add(name);
        expect({ config, param, fan }).toEqual({ config, param, fan: expected });
      }
      disposeTensors(input);
    }
  });
});

test('no box with parameters is left out', async () => {
  const withParams = await withBackend('float64', () =>
    names.filter((name) => {
      const draws = Array.from({ length: CASES }, (_, i) => new Draw(new Rng(7).fold(i)));
      const boxes = draws.map((draw) => cases[name](draw).box as CheckedModule);
      return boxes.some(
        (box) =>
          Object.keys(box.params).length > 0 &&
          box.children().length === 0 &&
          !(box instanceof modules.Arithmetic),
      );
    }),
  );
  expect([...checked].sort()).toEqual(withParams.sort());
  expect(withParams.length).toBeGreaterThan(15);
});
