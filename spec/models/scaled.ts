import { tensor1d, tensor4d, type Tensor1D, type Tensor4D } from '@tensorflow/tfjs-core';
import { hubelWiesel, init, lenet5, networks, Rng, type ImageShape, type Module } from '../../index.ts';
import type { NetworkOptions } from '../../models/options.ts';

/** The networks with fewer channels and smaller images, so that they can be proven and trained to the end in seconds. */
export interface Scaled {
  readonly build: (options: NetworkOptions) => Module;
  /** To train with: part of the published channels, the images, and a learning rate at which 16 images are learnt. */
  readonly wide: { readonly width: number; readonly inputShape: ImageShape; readonly learningRate: number };
  /** To check the gradient of every coordinate with. */
  readonly narrow: { readonly width: number; readonly inputShape: ImageShape; readonly batch: number };
}

const entry = (
  build: Scaled['build'],
  [width, inputShape, learningRate]: readonly [number, ImageShape, number],
  [narrow, small, batch]: readonly [number, ImageShape, number],
): Scaled => ({
  build,
  wide: { width, inputShape, learningRate },
  narrow: { width: narrow, inputShape: small, batch },
});

const { alexnet, vgg16, vgg19, googlenet, resnet18, resnet34, resnet50, resnet101, resnet152 } = networks;
const wideResnet = [1 / 16, [32, 32, 3], 0.05] as const;
/** Cells of a neocognitron that answer to anything: with its own initial connections there is no gradient to speak of. */
const excitable: init.Initializer = (shape, fan, rng) =>
  Float32Array.from(init.positiveUniform(shape, fan, rng), (a) => 100 * a);
/** Stage 4 then has 2x2 places: of fewer numbers a batch norm is too curved for finite differences. */
const narrowResnet = [1 / 64, [40, 36, 1], 3] as const;
/** A bottleneck of one channel cannot get past its batch norms: two channels. */
const narrowBottleneck = [1 / 32, [33, 34, 1], 2] as const;

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
  alexnet: entry(alexnet.build, [1 / 8, [67, 67, 3], 0.01], [1 / 96, [67, 67, 1], 2]),
  vgg16: entry(vgg16.build, [1 / 8, [32, 32, 3], 0.003], [1 / 64, [32, 32, 1], 2]),
  vgg19: entry(vgg19.build, [1 / 8, [32, 32, 3], 0.003], [1 / 64, [32, 32, 1], 2]),
  googlenet: entry(googlenet.build, [1 / 4, [32, 32, 3], 0.005], [1 / 16, [32, 32, 1], 2]),
  resnet18: entry(resnet18.build, wideResnet, narrowResnet),
  resnet34: entry(resnet34.build, wideResnet, narrowResnet),
  resnet50: entry(resnet50.build, wideResnet, narrowBottleneck),
  resnet101: entry(resnet101.build, wideResnet, narrowBottleneck),
  resnet152: entry(resnet152.build, wideResnet, narrowBottleneck),
};

/** Random images, a label in turn for each. */
export function randomBatch(size: number, shape: ImageShape, classes: number): [Tensor4D, Tensor1D] {
  const pixels = new Rng(7).normals(size * shape[0] * shape[1] * shape[2]);
  const labels = Array.from({ length: size }, (_, n) => n % classes);
  return [tensor4d(Float32Array.from(pixels), [size, ...shape]), tensor1d(labels, 'int32')];
}
