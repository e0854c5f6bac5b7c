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

/** A network that is narrow enough to check every coordinate of its gradient. */
export interface Narrow {
  readonly build: (options: NetworkOptions) => CheckedModule;
  readonly narrow: {
    readonly width: Width;
    readonly inputShape: ImageShape;
    readonly batch: number;
  };
  /**
   * The names of the parameters whose gradient is 0 in training mode, because they only shift the
   * input of a batch normalization.
   */
  readonly cancelled?: RegExp;
}

/**
 * A network with fewer channels and smaller images, so that its gradient is checked and its
 * training ends within seconds.
 */
export interface Scaled extends Narrow {
  readonly build: (options: NetworkOptions) => Module;
  /**
   * The settings for training: the share of the published channels, the image shape, and a learning
   * rate at which the network learns 16 images.
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
 * Initial connections that are 100 times the usual ones. With the usual ones, the cells of a
 * neocognitron hardly respond, so there is almost no gradient.
 */
const excitable: init.Initializer = (shape, fan, rng) =>
  Float32Array.from(init.positiveUniform(shape, fan, rng), (a) => 100 * a);
/**
 * 64 and 256 channels become 2, 128 and 512 become 3. With one channel, batch norm would cancel the
 * scale of filters with a single weight, so their gradient would be 0. Images of 33x34 leave 2x2
 * pixels in stage 4: over fewer values, batch norm is too curved for finite differences.
 */
const narrowResnet = [(channels: number) => 2 + (Math.log2(channels) % 2), [33, 34, 1], 2] as const;
/** 16 channels become 1, and each doubling adds one. */
const narrowInception = [
  (channels: number) => 1 + Math.log2(channels / 16),
  [32, 32, 1],
  2,
] as const;

const wideDense = [1 / 8, [32, 32, 3], 0.05] as const;
/** A layer adds 1 channel, so that the second block begins with 4 channels. */
const narrowDense = [1 / 32, [65, 66, 1], 2] as const;
const wideMobile = [1 / 4, [32, 32, 3], 0.05] as const;
/**
 * Up to 40 channels become 2, up to 192 become 3, and the others 4. Images of 33x34 leave 2x2 pixels
 * in the last stages.
 */
const narrowMobile = [
  (channels: number) => (channels > 192 ? 4 : channels > 40 ? 3 : 2),
  [33, 34, 1],
  2,
] as const;
/** The last shift of an inverted residual block, with no nonlinearity before the next norm. */
const lastShifts = /^stage.*\.bn2\.bias$/;

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
  'squeezenet-1.0': entry(
    networks['squeezenet-1.0'].build,
    [1 / 4, [48, 48, 3], 0.005],
    [1 / 32, [25, 26, 1], 2],
  ),
  'squeezenet-1.1': entry(
    networks['squeezenet-1.1'].build,
    [1 / 4, [48, 48, 3], 0.005],
    [1 / 32, [25, 26, 1], 2],
  ),
  densenet121: entry(networks.densenet121.build, wideDense, narrowDense),
  'mobilenet-v2': {
    ...entry(networks['mobilenet-v2'].build, wideMobile, narrowMobile),
    cancelled: lastShifts,
  },
  'efficientnet-lite0': {
    ...entry(networks['efficientnet-lite0'].build, wideMobile, narrowMobile),
    cancelled: lastShifts,
  },
};

/** Variants of networks that the command line does not offer. Their gradients are checked too. */
export const VARIANTS: Readonly<Record<string, Narrow>> = {
  'alexnet in two groups': {
    build: (options) => alexnet({ ...options, groups: 2, order: 'norm-pool' }),
    narrow: { width: 1 / 96, inputShape: [67, 67, 1], batch: 1 },
  },
  // The smallest image for which the pooling of the heads has a full window.
  'googlenet with both heads': {
    build: googlenetWithHeads,
    narrow: { width: narrowInception[0], inputShape: [79, 80, 1], batch: 1 },
  },
};

/** Random images with the labels 0, 1, 2, ... in turn. */
export function randomBatch(
  size: number,
  shape: ImageShape,
  classes: number,
): [Tensor4D, Tensor1D] {
  const pixels = new Rng(7).normals(size * shape[0] * shape[1] * shape[2]);
  const labels = Array.from({ length: size }, (_, n) => n % classes);
  return [tensor4d(Float32Array.from(pixels), [size, ...shape]), tensor1d(labels, 'int32')];
}
