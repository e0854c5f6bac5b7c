import * as tf from '@tensorflow/tfjs-core';
import { constant } from '../../lib/constant.ts';
import { Rng } from '../../lib/rng.ts';
import { GroupNorm, type GroupNormOptions } from '../../modules/groupNorm.ts';
import { LayerNorm } from '../../modules/layerNorm.ts';
import { expectAllClose, numbers } from '../support/compare.ts';
import { describeContract } from '../support/contract.ts';
import { describeFacts } from '../support/facts.ts';
import { describeFixture, eachBackend } from '../support/fixtures.ts';
import { blank, describeRefusals } from '../support/refusals.ts';

eachBackend('by hand', () => {
  test('neighbouring channels share statistics, and each channel has its own scale', () => {
    const box = new GroupNorm(2, 4, { eps: 1e-12 });
    box.params.weight?.assign(tf.tensor1d([1, 2, 3, 4]));
    box.params.bias?.assign(tf.tensor1d([0, 0, 1, 0]));
    // There are two positions. Group 0 has the values 1, 5, 5, 1 with mean 3 and variance 4. Group
    // 1 has 0, 0, 2, 2 with mean 1 and variance 1.
    const { output } = box.forward(
      tf.tensor3d([
        [
          [1, 5, 0, 0],
          [5, 1, 2, 2],
        ],
      ]),
    );
    expect(numbers(output)).toEqual([
      [
        [-1, 2, -3 + 1, -4],
        [1, -2, 3 + 1, 4],
      ],
    ]);
  });

  test('one group is layer normalization over positions and channels', () => {
    const rng = new Rng(5);
    const shape: [number, number, number, number] = [3, 4, 5, 6];
    const input = constant(rng.normals(360, 1, 2), shape);
    const gradOutput = constant(rng.normals(360), shape);
    const group = new GroupNorm(1, 6, { affine: false });
    const layer = new LayerNorm([4, 5, 6], { affine: false });
    const ofGroup = group.forward(input);
    const ofLayer = layer.forward(input);
    expectAllClose(ofGroup.output, { shape, values: [...ofLayer.output.dataSync()] });
    expectAllClose(group.backpropToInput(gradOutput, ofGroup.cache), {
      shape,
      values: [...layer.backpropToInput(gradOutput, ofLayer.cache).dataSync()],
    });
  });
});

describeFixture('groupNorm', (groups: number, channels: number, options: GroupNormOptions) => {
  return new GroupNorm(groups, channels, options);
});

describeContract(
  () => new GroupNorm(2, 4),
  () => [
    tf.tensor3d([1, 2, 4, 0, 5, 1, 0, 7, 3, 1, 2, 8, 0, 0, 1, 5], [2, 2, 4]),
    tf.tensor3d([1, 2, 4, 0, 5, 1, 0, 7], [1, 2, 4]),
  ],
);

const cache = () => new GroupNorm(2, 4).forward(blank([3, 5, 4])).cache;

describeFacts({
  'the channels of a group at a position': {
    box: () => new GroupNorm(2, 4),
    input: [3, 5, 6, 4],
    output: [3, 5, 6, 4],
    multiplyAdds: 0,
    window: [
      [1, 1],
      [1, 1],
    ],
    inputs: [
      [
        [2, 3, 1],
        [
          [2, 2],
          [3, 3],
          [0, 1],
        ],
      ],
      [
        [2, 3, 2],
        [
          [2, 2],
          [3, 3],
          [2, 3],
        ],
      ],
    ],
    statistics: true,
    noDecay: ['weight', 'bias'],
  },
});

describeRefusals([
  [
    'GroupNorm: unknown option afine; did you mean affine?',
    () => new GroupNorm(2, 4, { afine: false } as never),
  ],
  [
    'GroupNorm.forward: expected input of shape [N, ..., 4], got [4, 3]',
    () => new GroupNorm(2, 4).facts([[4, 3]]),
  ],
  [
    'GroupNorm.forward: expected more than 1 element per group, got an input of shape [3, 4]',
    () => new GroupNorm(4, 4).facts([[3, 4]]),
  ],
  [
    'GroupNorm.forward: expected input of shape [N, ..., 4], got [4, 3]',
    () => new GroupNorm(2, 4).forward(blank([4, 3])),
  ],
  [
    'GroupNorm.forward: expected input of dtype float32, got int32',
    () => new GroupNorm(2, 4).forward(blank([4, 4], 'int32')),
  ],
  [
    'GroupNorm.forward: expected more than 1 element per group, got an input of shape [3, 4]',
    () => new GroupNorm(4, 4).forward(blank([3, 4])),
  ],
  [
    'GroupNorm.backpropToInput: expected gradOutput of shape [3, 5, 4], got [3, 4]',
    () => new GroupNorm(2, 4).backpropToInput(blank([3, 4]), cache()),
  ],
  [
    'GroupNorm.backpropToParams: expected gradOutput of shape [3, 5, 4], got [4]',
    () => new GroupNorm(2, 4).backpropToParams(blank([4]), cache()),
  ],
  ['GroupNorm: expected groups to divide the 4 channels, got 3', () => new GroupNorm(3, 4)],
  ['GroupNorm: expected groups to be an integer of at least 1, got 0', () => new GroupNorm(0, 4)],
  [
    'GroupNorm: expected channels to be an integer of at least 1, got 1.5',
    () => new GroupNorm(1, 1.5),
  ],
  ['GroupNorm: expected eps to be a number above 0, got 0', () => new GroupNorm(1, 4, { eps: 0 })],
]);
