import { tensor, tidy, transpose, type Tensor } from '@tensorflow/tfjs-core';
import { Conv2D, GlobalAvgPool2D, init, Linear, MaxPool2D, ReLU, Rng, Sequential } from 'boxprop';
import { alexnet, lenet, resnet20, resnet50, vgg16 } from 'boxprop/models';
import * as networks from './networks.ts';

/** The networks that boxprop ships, and LeNet's convolutions for images of any size. */
const NETWORKS = {
  lenet,
  alexnet,
  resnet20,
  resnet50,
  vgg16,
  convnet: ({ rng }: { readonly rng: Rng }) =>
    new Sequential([
      new Conv2D(1, 20, 5, { padding: 2, rng }),
      new ReLU(),
      new MaxPool2D(2),
      new Conv2D(20, 50, 5, { padding: 2, rng }),
      new ReLU(),
      new MaxPool2D(2),
      new GlobalAvgPool2D(),
      new Linear(50, 10, { rng }),
    ]),
};

/** Builds boxprop's network of a table, with the weights that all systems start from. */
export function buildNetwork({ name, layers }: networks.Network): Sequential {
  // Zeros are quick to make, and setWeights replaces them at once.
  const network = NETWORKS[name]({ rng: new Rng(0), init: init.zeros });
  setWeights(network, layers);
  return network;
}

function setWeights(network: Sequential, layers: readonly networks.Layer[]): void {
  const weights = Object.values(network.params).filter(({ rank }) => rank > 1);
  const weighted = networks.weighted(layers);
  if (weights.length !== weighted.length) {
    throw new Error(`expected ${weighted.length} weights, got ${weights.length}`);
  }
  weighted.forEach((layer, i) => {
    const values = tidy((): Tensor => {
      const drawn = tensor(networks.initialWeights(layer), networks.weightShape(layer));
      return layer.kind === 'conv' ? transpose(drawn, [1, 2, 3, 0]) : drawn;
    });
    weights[i].assign(values);
    values.dispose();
  });
}
