import { init, Rng, useBackend } from '../../../index.ts';
import {
  guessTorchvision,
  TORCHVISION_NETWORKS,
  torchvisionLayout,
} from '../../../models/torchvision/layout.ts';
import type { AnyModule } from '../../../lib/module.ts';
import { networks, type NetworkEntry } from '../../../models/networks.ts';
import {
  torchvisionGooglenetAuxiliary,
  torchvisionNetworks,
} from '../../../models/torchvision/index.ts';
import { inputError } from '../../support/inputError.ts';

const entries: Readonly<Record<string, NetworkEntry>> = { ...networks, ...torchvisionNetworks };
const small = { rng: new Rng(0), init: init.zeros, width: 1 / 32 };

function layoutOf(name: string) {
  const entry = entries[name];
  const network = entry.build(small) as AnyModule;
  const { stored, ignored } = torchvisionLayout(name, network, entry.inputShape);
  network.dispose();
  return { names: Object.values(stored).map((of) => of.name), stored, ignored };
}

describe('torchvision', () => {
  beforeAll(() => useBackend('cpu'));

  // npm run test:pytorch loads these names into PyTorch's own networks, with strict=True.
  test.each([
    [
      'torchvision-alexnet',
      16,
      ['features.0.weight', 'features.10.bias', 'classifier.1.weight', 'classifier.6.bias'],
    ],
    [
      'vgg16',
      32,
      ['features.0.weight', 'features.28.bias', 'classifier.0.weight', 'classifier.6.bias'],
    ],
    ['vgg19', 38, ['features.34.weight', 'classifier.3.weight']],
    [
      'resnet18',
      102,
      ['conv1.weight', 'bn1.running_var', 'layer2.0.downsample.1.running_mean', 'fc.bias'],
    ],
    ['resnet34', 182, ['layer3.5.conv2.weight', 'layer4.0.downsample.0.weight']],
    [
      'resnet50',
      267,
      ['layer1.0.conv3.weight', 'layer1.0.downsample.0.weight', 'layer3.5.bn3.running_var'],
    ],
    ['resnet101', 522, ['layer3.22.bn3.bias']],
    ['resnet152', 777, ['layer2.7.conv1.weight', 'layer3.35.bn1.weight']],
    [
      'squeezenet-1.0',
      52,
      [
        'features.0.bias',
        'features.7.expand1x1.weight',
        'features.12.expand3x3.bias',
        'classifier.1.weight',
      ],
    ],
    ['squeezenet-1.1', 52, ['features.6.squeeze.weight', 'features.12.expand3x3.bias']],
    [
      'densenet121',
      606,
      [
        'features.conv0.weight',
        'features.denseblock3.denselayer24.norm2.running_mean',
        'features.transition3.conv.weight',
        'features.norm5.bias',
        'classifier.bias',
      ],
    ],
    [
      'mobilenet-v2',
      262,
      [
        'features.0.1.running_var',
        'features.1.conv.1.weight',
        'features.2.conv.1.0.weight',
        'features.17.conv.3.bias',
        'features.18.0.weight',
        'classifier.1.bias',
      ],
    ],
    [
      'torchvision-googlenet',
      287,
      ['conv1.conv.weight', 'inception4c.branch3.1.bn.running_mean', 'fc.weight'],
    ],
  ])('names the %s as torchvision does', (name, count, some) => {
    const { names } = layoutOf(name);
    expect(names).toHaveLength(count);
    expect(new Set(names).size).toBe(count);
    expect(names).toEqual(expect.arrayContaining(some));
    expect(guessTorchvision(new Set(names))).toBe(name);
  });

  it('knows every network of torchvision that boxprop has', () => {
    expect(TORCHVISION_NETWORKS.filter((name) => !Object.hasOwn(entries, name))).toEqual([]);
  });

  it('reorders the columns of the first linear box after the images', () => {
    const { stored } = layoutOf('vgg16');
    const channels = 512 / 32;
    expect(stored['fc6.weight']).toEqual({
      name: 'classifier.0.weight',
      shape: [128, channels * 49],
      view: [128, channels, 7, 7],
      order: [0, 2, 3, 1],
    });
    expect(stored['fc7.weight']).toEqual({ name: 'classifier.3.weight', shape: [128, 128] });
    expect(stored['conv1_1.weight']).toEqual({
      name: 'features.0.weight',
      shape: [2, 3, 3, 3],
      order: [2, 3, 1, 0],
    });
  });

  it('leaves out the counters, and the heads of a GoogLeNet that has none', () => {
    const { ignored } = layoutOf('torchvision-googlenet');
    for (const name of ['conv1.bn.num_batches_tracked', 'aux1.conv.conv.weight', 'aux2.fc2.bias']) {
      expect(ignored?.test(name)).toBe(true);
    }
    const network = torchvisionGooglenetAuxiliary(small);
    const withHeads = torchvisionLayout('torchvision-googlenet', network, [224, 224, 3]);
    expect(Object.keys(withHeads.stored)).toHaveLength(287 + 2 * 9);
    expect(withHeads.ignored?.test('aux1.conv.conv.weight')).toBe(false);
    expect(layoutOf('resnet18').ignored?.test('aux1.conv.conv.weight')).toBe(false);
  });

  it('refuses networks that torchvision does not have', () => {
    const network = entries.alexnet.build(small) as AnyModule;
    const known = TORCHVISION_NETWORKS.join(', ');
    expect(() => torchvisionLayout('alexnet', network, [227, 227, 3])).toThrow(
      inputError(
        `expected a network of torchvision, one of ${known}, got alexnet: torchvision's is another network, torchvision-alexnet`,
      ),
    );
    expect(() => torchvisionLayout('toString', network, [227, 227, 3])).toThrow(
      inputError(`expected a network of torchvision, one of ${known}, got toString`),
    );
    expect(guessTorchvision(new Set(['0.weight', 'classifier.0.weight']))).toBeUndefined();
    expect(guessTorchvision(new Set(['layer4.0.conv1.weight']))).toBeUndefined();
  });
});
