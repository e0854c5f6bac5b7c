import { tensor1d, tensor4d, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import { init, Rng, type Module } from '../../index.ts';
import {
  alexnet,
  googlenetWithHeads,
  hubelWiesel,
  lenet5,
  networks,
  type ImageShape,
} from '../../models/index.ts';
import type { CheckedModule } from '../../gradcheck/case.ts';
import type { NetworkOptions } from '../../models/options.ts';

type Width = NonNullable<NetworkOptions['width']>;

/** A network to check the gradient of every coordinate of. */
export interface Narrow {
  readonly build: (options: NetworkOptions) => CheckedModule;
  readonly narrow: {
    readonly width: Width;
    readonly inputShape: ImageShape;
    readonly batch: number;
  };
}

/**
 * The networks with fewer channels and smaller images, so that they can be proven and trained to
 * the end in seconds.
 */
export interface Scaled extends Narrow {
  readonly build: (options: NetworkOptions) => Module;
  /**
   * To train with: part of the published channels, the images, and a learning rate at which 16
   * images are learnt.
   */
  readonly wide: {
    readonly width: number;
    readonly inputShape: ImageShape;
    readonly learningRate: number;
  };
}

const entry = (
  build: Scaled['build'],
  [width, inputShape, learningRate]: readonly [number, ImageShape, number],
  [narrow, small, batch]: readonly [Width, ImageShape, number],
): Scaled => ({
  build,
  wide: { width, inputShape, learningRate },
  narrow: { width: narrow, inputShape: small, batch },
});

const { vgg16, vgg19, googlenet, resnet18, resnet34, resnet50, resnet101, resnet152 } = networks;
const wideResnet = [1 / 16, [32, 32, 3], 0.05] as const;
/**
 * Cells of a neocognitron that answer to anything: with its own initial connections there is no
 * gradient to speak of.
 */
const excitable: init.Initializer = (shape, fan, rng) =>
  Float32Array.from(init.positiveUniform(shape, fan, rng), (a) => 100 * a);
/**
 * 2 channels of 64 or 256, 3 of 128 or 512: a bottleneck of one channel cannot get past its batch
 * norms. Stage 4 then has 2x2 places: of fewer numbers a batch norm is too curved for finite
 * differences.
 */
const narrowResnet = [(channels: number) => 2 + (Math.log2(channels) % 2), [33, 34, 1], 2] as const;
/** 1 channel of 16, and one more for each doubling. */
const narrowInception = [
  (channels: number) => 1 + Math.log2(channels / 16),
  [32, 32, 1],
  2,
] as const;

export const SCALED: Readonly<Record<string, Scaled>> = {
  lenet: entry(networks.lenet.build, [1 / 4, [16, 18, 1], 0.05], [1 / 10, [16, 18, 1], 2]),
  lenet1: entry(networks.lenet1.build, [1, [28, 28, 1], 0.05], [1 / 2, [16, 20, 1], 2]),
  lenet5: entry(networks.lenet5.build, [1 / 2, [16, 16, 1], 0.01], [1 / 6, [16, 20, 1], 2]),
  'lenet5, common': entry(
    (options) => lenet5({ ...options, form: 'common' }),
    [1 / 2, [16, 16, 1], 0.05],
    [1 / 6, [16, 20, 1], 2],
  ),
  resnet20: entry(networks.resnet20.build, [1 / 2, [16, 16, 3], 0.05], [1 / 16, [8, 12, 1], 4]),
  'hubel-wiesel': entry(
    (options) => {
      const pools = [
        [4, 2],
        [3, 2],
      ] as const;
      return hubelWiesel({ ...options, kernelSize: 3, contrastSize: 3, pools });
    },
    [1 / 16, [24, 22, 1], 0.02],
    [1 / 32, [18, 20, 1], 2],
  ),
  neocognitron: entry(
    (options) => networks.neocognitron.build({ ...options, init: excitable }),
    [1, [16, 16, 1], 0.1],
    [1 / 12, [16, 17, 1], 2],
  ),
  alexnet: entry(networks.alexnet.build, [1 / 8, [67, 67, 3], 0.01], [1 / 96, [67, 67, 1], 2]),
  vgg16: entry(vgg16.build, [1 / 8, [32, 32, 3], 0.003], [1 / 64, [32, 32, 1], 2]),
  vgg19: entry(vgg19.build, [1 / 8, [32, 32, 3], 0.003], [1 / 64, [32, 32, 1], 2]),
  googlenet: entry(googlenet.build, [1 / 4, [32, 32, 3], 0.005], narrowInception),
  resnet18: entry(resnet18.build, wideResnet, narrowResnet),
  resnet34: entry(resnet34.build, wideResnet, narrowResnet),
  resnet50: entry(resnet50.build, wideResnet, narrowResnet),
  resnet101: entry(resnet101.build, wideResnet, narrowResnet),
  resnet152: entry(resnet152.build, wideResnet, narrowResnet),
};

/** What else has a gradient to prove: the forms that the command line does not name. */
export const VARIANTS: Readonly<Record<string, Narrow>> = {
  'alexnet in two groups': {
    build: (options) => alexnet({ ...options, groups: 2, order: 'norm-pool' }),
    narrow: { width: 1 / 96, inputShape: [67, 67, 1], batch: 1 },
  },
  // The smallest image of which a head's pooling sees anything.
  'googlenet with both heads': {
    build: googlenetWithHeads,
    narrow: { width: narrowInception[0], inputShape: [79, 80, 1], batch: 1 },
  },
};

/** Random images, a label in turn for each. */
export function randomBatch(
  size: number,
  shape: ImageShape,
  classes: number,
): [Tensor4D, Tensor1D] {
  const pixels = new Rng(7).normals(size * shape[0] * shape[1] * shape[2]);
  const labels = Array.from({ length: size }, (_, n) => n % classes);
  return [tensor4d(Float32Array.from(pixels), [size, ...shape]), tensor1d(labels, 'int32')];
}
