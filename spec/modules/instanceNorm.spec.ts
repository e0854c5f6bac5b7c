import * as tf from '@tensorflow/tfjs-core';
import { constant } from '../../lib/constant.ts';
import { Rng } from '../../lib/rng.ts';
import { GroupNorm } from '../../modules/groupNorm.ts';
import { InstanceNorm, type InstanceNormOptions } from '../../modules/instanceNorm.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('normalizes each channel of each example by itself; no parameters by default', () => {
    const box = new InstanceNorm(2, { eps: 1e-12 });
    const { output, cache } = box.forward(tf.tensor3d([1, 10, 5, 30, 0, 1, 2, -1], [2, 2, 2]));
    expect(numbers(output)).toEqual([
      [
        [-1, -1],
        [1, 1],
      ],
      [
        [-1, 1],
        [1, -1],
      ],
    ]);
    expect(box.params).toEqual({});
    expect(box.backpropToParams(output, cache)).toEqual({});
  });

  test('is group normalization with one group per channel, gradients included', () => {
    const rng = new Rng(6);
    const shape: [number, number, number, number] = [3, 4, 5, 6];
    const input = constant(rng.normals(360, 1, 2), shape);
    const gradOutput = constant(rng.normals(360), shape);
    const instance = new InstanceNorm(6, { affine: true });
    const group = new GroupNorm(6, 6);
    for (const { params } of [instance, group])
      params.weight?.assign(tf.tensor1d([1, -2, 3, 0.5, 2, 1]));
    const ofInstance = instance.forward(input);
    const ofGroup = group.forward(input);
    const same = (a: tf.Tensor, b: tf.Tensor) =>
      expectAllClose(a, { shape: b.shape, values: [...b.dataSync()] }, 'tensor', 1e-6);
    same(ofInstance.output, ofGroup.output);
    const mine = instance.backprop(gradOutput, ofInstance.cache);
    const other = group.backprop(gradOutput, ofGroup.cache);
    same(mine.gradInput, other.gradInput);
    same(mine.gradParams.weight, other.gradParams.weight);
    same(mine.gradParams.bias, other.gradParams.bias);
  });
});

describeFixture('instanceNorm', (channels: number, options: InstanceNormOptions) => {
  return new InstanceNorm(channels, options);
});

describeContract(
  () => new InstanceNorm(2, { affine: true }),
  () => [
    tf.tensor3d([1, 2, 4, 0, 5, 1, 0, 7, 3, 1, 2, 8], [2, 3, 2]),
    tf.tensor3d([1, 2, 4, 0, 5, 1, 0, 7], [1, 4, 2]),
  ],
);

const cache = () => new InstanceNorm(4, { affine: true }).forward(blank([3, 5, 4])).cache;

describeFacts({
  'one channel of a position': {
    box: () => new InstanceNorm(4),
    input: [3, 5, 6, 4],
    output: [3, 5, 6, 4],
    multiplyAdds: 0,
    window: 'elementwise',
    statistics: true,
    noDecay: ['weight', 'bias'],
  },
});

describeRefusals([
  [
    'InstanceNorm: unknown option afine; did you mean affine?',
    () => new InstanceNorm(4, { afine: false } as never),
  ],
  [
    'InstanceNorm.forward: expected input of shape [N, positions, ..., 4], got [3, 4]',
    () => new InstanceNorm(4).facts([[3, 4]]),
  ],
  [
    'InstanceNorm.forward: expected more than 1 position, got an input of shape [3, 1, 1, 4]',
    () => new InstanceNorm(4).facts([[3, 1, 1, 4]]),
  ],
  [
    'InstanceNorm.forward: expected input of shape [N, positions, ..., 4], got [3, 5, 3]',
    () => new InstanceNorm(4).forward(blank([3, 5, 3])),
  ],
  [
    'InstanceNorm.forward: expected input of shape [N, positions, ..., 4], got [3, 4]',
    () => new InstanceNorm(4).forward(blank([3, 4])),
  ],
  [
    'InstanceNorm.forward: expected input of dtype float32, got int32',
    () => new InstanceNorm(4).forward(blank([2, 4, 4], 'int32')),
  ],
  [
    'InstanceNorm.forward: expected more than 1 position, got an input of shape [3, 1, 1, 4]',
    () => new InstanceNorm(4).forward(blank([3, 1, 1, 4])),
  ],
  [
    'InstanceNorm.backpropToInput: expected gradOutput of shape [3, 5, 4], got [3, 4]',
    () => new InstanceNorm(4).backpropToInput(blank([3, 4]), cache()),
  ],
  [
    'InstanceNorm.backpropToParams: expected gradOutput of shape [3, 5, 4], got [4]',
    () => new InstanceNorm(4, { affine: true }).backpropToParams(blank([4]), cache()),
  ],
  [
    'InstanceNorm: expected channels to be an integer of at least 1, got 0',
    () => new InstanceNorm(0),
  ],
  [
    'InstanceNorm: expected eps to be a number above 0, got 0',
    () => new InstanceNorm(4, { eps: 0 }),
  ],
]);
